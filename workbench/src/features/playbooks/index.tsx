// Playbooks: what is done at each severity, step by step, on a canvas; and changes of it.
import { useQuery } from '@tanstack/react-query';
import { Button, Menu, Skeleton } from 'antd';
import { useSearchParams } from 'react-router';

import { api, type Schemas } from '@api/client';
import { useMay } from '@app/session';
import { said, useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Canvas } from './Canvas';
import { Editor } from './Editor';
import { StepWords } from './StepWords';
import styles from './playbooks.module.css';

export default function Playbooks() {
  const { t, language } = useWords('playbooks');
  const [view, setView] = useSearchParams();
  const mayChange = useMay('change_rules');
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/playbooks'));
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const playbook = data.items.find((one) => one.id === view.get('id')) ?? data.items[0];
  if (!playbook) return <EmptyState text={t('empty')} />;
  const isEditing = mayChange && view.get('edit') === '1';
  return (
    <div className={styles.columns}>
      <Menu
        className={styles.menu ?? ''}
        selectedKeys={[playbook.id]}
        onClick={({ key }) => setView({ id: key }, { replace: true })}
        items={data.items.map((one) => ({
          key: one.id,
          label: (
            <>
              {said(one.title, language)}{' '}
              <span className="og-note">
                {one.severity ? t(`app:severity.${one.severity}`) : t('mends')}
                {one.draft_by !== null && ` · ${t('changing')}`}
              </span>
            </>
          ),
        }))}
      />
      {isEditing ? (
        <Editor key={playbook.id} playbook={playbook} />
      ) : (
        <Shown
          playbook={playbook}
          onEdit={mayChange ? () => setView({ id: playbook.id, edit: '1' }) : undefined}
        />
      )}
    </div>
  );
}

interface ShownProps {
  playbook: Schemas['Playbook'];
  onEdit: (() => void) | undefined;
}

function Shown({ playbook, onEdit }: ShownProps) {
  const { t, language } = useWords('playbooks');
  const [view] = useSearchParams();
  const note =
    playbook.holds_per_hour === null
      ? playbook.mends.join(' ')
      : t('holds', { n: playbook.holds_per_hour });
  const word = playbook.draft_by === null ? t('edit') : t('look', { name: playbook.draft_by });
  return (
    <Panel
      title={said(playbook.title, language)}
      note={note}
      extra={
        onEdit && (
          <Button size="small" onClick={onEdit}>
            {word}
          </Button>
        )
      }
    >
      <Canvas steps={playbook.steps} chosen={view.get('step') ?? undefined} />
      <ol className={styles.steps}>
        {playbook.steps.map((step) => (
          <li key={step.step}>
            <StepWords step={step} />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
