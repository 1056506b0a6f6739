// One playbook being changed: its steps on a canvas and as a form, and what it would have done.
import { useQuery } from '@tanstack/react-query';
import { Skeleton, Tabs } from 'antd';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';

import type { Schemas } from '@api/client';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Bar } from './Bar';
import { Canvas } from './Canvas';
import { DryRun } from './DryRun';
import { Head } from './Head';
import { StepForm } from './StepForm';
import { StepList } from './StepList';
import { joined, stepOf, type Answer, type PlaybookText, type StepText } from './text';
import { bookOf, useDraft } from './useDraft';
import { PlaybookVersions } from './Versions';
import styles from './playbooks.module.css';

export function Editor({ playbook }: { playbook: Schemas['Playbook'] }) {
  const { data, error, refetch } = useQuery(bookOf(playbook.id));
  const other = useOther();
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data || other.isAwaited) return <Skeleton active />;
  return (
    <Work key={JSON.stringify(data.text)} playbook={playbook} book={data} start={other.text} />
  );
}

/** What another playbook says, where this one shall say the same: `?as=high`. */
function useOther() {
  const [view] = useSearchParams();
  const id = view.get('as');
  const { data, isPending } = useQuery({ ...bookOf(id ?? ''), enabled: id !== null });
  return { isAwaited: id !== null && isPending, text: id === null ? undefined : data?.text };
}

interface Props {
  playbook: Schemas['Playbook'];
  book: Schemas['PlaybookBook'];
  /** How the form begins, where that is not what the playbook says. */
  start: Schemas['PlaybookBook']['text'] | undefined;
}

function Work({ playbook, book, start }: Props) {
  const { t } = useWords('playbooks');
  const [view, setView] = useSearchParams();
  const [alertId, setAlertId] = useState<string | null>(null);
  const [answers, setAnswers] = useState<Record<string, Answer>>({});
  const draft = useDraft(
    { id: book.id, standing: book.text as PlaybookText, start: start as PlaybookText | undefined },
    alertId,
    answers,
  );
  useEffect(() => {
    // Once: who drops the draft or comes back has the playbook as it stands.
    if (start)
      setView(
        (known) => {
          known.delete('as');
          return known;
        },
        { replace: true },
      );
  }, [start, setView]);
  const steps = draft.text.steps as StepText[];
  // The address follows: it changes a moment later, and what is typed then is of the new step.
  const [chosen, setChosen] = useState(view.get('step'));
  const at = Math.max(
    steps.findIndex((step) => step.step === chosen),
    0,
  );
  const choose = (step: string) => {
    setChosen(step);
    setView({ id: book.id, edit: '1', step }, { replace: true });
  };
  const step = steps[at];
  return (
    <div className={styles.work}>
      <Bar playbook={playbook} book={book} draft={draft} />
      {draft.error != null && <ProblemNote error={draft.error} />}
      <Canvas
        steps={steps.map(stepOf)}
        chosen={step?.step}
        onChoose={choose}
        onJoin={(from, to) => draft.change(joined(draft.text, from, to))}
      />
      <div className={styles.halves}>
        <Panel title={t('form.steps')}>
          <Head draft={draft} />
          <StepList draft={draft} actions={book.actions} at={at} onChoose={choose} />
        </Panel>
        <Panel title={step ? step.step : t('form.step')}>
          {step ? (
            <StepForm draft={draft} at={at} actions={book.actions} onRenamed={choose} />
          ) : (
            <p className="og-note">{t('form.none')}</p>
          )}
        </Panel>
      </div>
      <Tabs
        items={[
          {
            key: 'dry',
            label: t('dry.title'),
            children: (
              <DryRun
                playbook={playbook}
                draft={draft}
                alertId={alertId}
                onAlert={setAlertId}
                answers={answers}
                onAnswers={setAnswers}
              />
            ),
          },
          {
            key: 'file',
            label: t('file'),
            children: <pre className={styles.file}>{draft.file}</pre>,
          },
          {
            key: 'versions',
            label: t('versions.title', { n: book.versions.length }),
            children: <PlaybookVersions book={book} />,
          },
        ]}
      />
    </div>
  );
}
