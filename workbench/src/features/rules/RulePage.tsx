// One rule: what it says as cards that read as a sentence, the same as text, and what it would do.
import { Alert, Button, Input, Skeleton, Tabs } from 'antd';
import { useMemo, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

import type { Schemas } from '@api/client';
import { useMay } from '@app/session';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ValuesContext, useCatalogue, type RuleText, type Values } from './catalogue';
import { CelText } from './CelText';
import { Preview } from './Preview';
import { PublishBar } from './PublishBar';
import { RuleTests } from './RuleTests';
import { Sentence } from './Sentence';
import { useAdded } from './useAdded';
import { useEditing } from './useEditing';
import { RuleVersions } from './Versions';
import { Wording } from './Wording';
import styles from './rules.module.css';

interface Props {
  id: string;
  book: Schemas['Book'] | null;
  start?: RuleText;
}

export function RulePage({ id, book, start }: Props) {
  const { t } = useWords('rules');
  const [view, setView] = useSearchParams();
  const { state } = useLocation() as { state: unknown };
  const first = (book?.text as RuleText | undefined) ?? start;
  if (!first) throw new Error('A rule begins with its text.');
  const editing = useEditing(first, book?.features ?? {});
  const catalogue = useCatalogue();
  const mayChange = useMay('change_rules');
  const values = useMemo<Values>(() => {
    const all = [...editing.brought, ...(catalogue.data?.operands ?? [])];
    return {
      operands: new Map(all.map((one) => [one.name, one])),
      entities: catalogue.data?.entities ?? [],
    };
  }, [catalogue.data, editing.brought]);
  useAdded(editing, values.operands);
  if (!catalogue.data) return <Skeleton active />;
  return (
    <ValuesContext value={values}>
      <PublishBar id={id} book={book} editing={editing} />
      {!mayChange && <Alert type="info" showIcon title={t('only_look')} />}
      <Tabs
        activeKey={view.get('tab') ?? 'rule'}
        onChange={(tab) => setView(tab === 'rule' ? {} : { tab }, { replace: true, state })}
        items={[
          {
            key: 'rule',
            label: t('tab.rule'),
            children: (
              <div className={styles.columns}>
                <div className={styles.column}>
                  <Panel title={t('sentence.title')}>
                    <Sentence editing={editing} />
                  </Panel>
                  <Panel title={t('cel.title')} note={t('cel.note')}>
                    <CelText editing={editing} />
                  </Panel>
                </div>
                <div className={styles.column}>
                  <Preview id={id} editing={editing} />
                </div>
              </div>
            ),
          },
          { key: 'words', label: t('tab.words'), children: <Wording editing={editing} /> },
          {
            key: 'tests',
            label: t('tab.tests'),
            children: <RuleTests id={id} editing={editing} />,
          },
          {
            key: 'versions',
            label: t('tab.versions', { n: book?.versions.length ?? 0 }),
            children: <RuleVersions id={id} book={book} />,
          },
        ]}
      />
    </ValuesContext>
  );
}

/** A name first; everything else is on the rule's page, with what a first rule may begin with. */
export function NewRule() {
  const { t } = useWords('rules');
  const [title, setTitle] = useState('');
  const [name, setName] = useState('');
  const [isMade, setMade] = useState(false);
  const go = useNavigate();
  const slug = name || slugOf(title);
  if (isMade) {
    const start: RuleText = {
      title: { zh: title, en: title },
      why: t('begin.why'),
      severity: 'medium',
      when: '',
      subject: ['order'],
      explanation: { zh: title, en: title },
      prior: { bad: 0.2, weight: 10, source: t('begin.source') },
      false_alarms: [t('begin.false_alarm')],
      runbook: t('begin.runbook'),
      tests: [],
      group: '',
      concerns: [],
      raises: [],
    };
    return <RulePage id={`own.${slug}`} book={null} start={start} />;
  }
  return (
    <Panel title={t('new')}>
      <form
        className={styles.begin}
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim()) setMade(true);
        }}
      >
        <label>
          {t('words.title')}
          <Input
            value={title}
            placeholder={t('begin.title')}
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <label>
          {t('words.name')}
          <Input
            prefix="own."
            value={slug}
            onChange={(event) => setName(event.target.value.replace(/[^a-z0-9_]/g, ''))}
          />
        </label>
        <div className={styles.bar}>
          <Button type="primary" htmlType="submit" disabled={!title.trim()}>
            {t('begin.button')}
          </Button>
          <Button onClick={() => void go('/rules')}>{t('cancel')}</Button>
        </div>
      </form>
    </Panel>
  );
}

function slugOf(title: string): string {
  const words = title.toLowerCase().match(/[a-z][a-z0-9]*/g) ?? [];
  const stamp = new Date().toISOString().slice(5, 16).replace(/\D/g, '');
  return words.join('_').slice(0, 40) || `rule_${stamp}`;
}
