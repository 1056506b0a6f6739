// What the playbook, as it is being changed, would have done about a past alert.
import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';

import { api, type Schemas } from '@api/client';
import { fullMomentOf, momentOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';
import { answersOf, type Answer, type StepText } from './text';
import type { Draft } from './useDraft';
import styles from './playbooks.module.css';

interface Props {
  playbook: Schemas['Playbook'];
  draft: Draft;
  alertId: string | null;
  onAlert: (alertId: string | null) => void;
  answers: Record<string, Answer>;
  onAnswers: (answers: Record<string, Answer>) => void;
}

export function DryRun({ playbook, draft, alertId, onAlert, answers, onAnswers }: Props) {
  const { t, language } = useWords('playbooks');
  const query = playbook.severity
    ? { severity: playbook.severity, kind: 'risk' as const }
    : { kind: 'health' as const };
  const { data, error } = useQuery(
    api.queryOptions('get', '/api/v1/alerts', { params: { query } }),
  );
  const past = data?.items.filter(
    (one) => playbook.severity !== null || one.playbook === playbook.id,
  );
  const { run } = draft;
  const asks = new Map((draft.text.steps as StepText[]).map((step) => [step.step, step]));
  const say = (step: string, answer: Answer | null) => {
    const rest = Object.entries(answers).filter(([name]) => name !== step);
    onAnswers(Object.fromEntries(answer ? [...rest, [step, answer]] : rest));
  };
  const would = ({ stopped, answers: came, state }: Schemas['DryStep']) => {
    if (stopped) return t('dry.stopped', { what: stopped });
    const others = Object.keys(came).filter((one) => one !== 'done');
    return others.length > 0
      ? others.map((one) => t(`answer.${one}`)).join(' / ')
      : t(`dry.${state}`);
  };
  if (error) return <ProblemNote error={error} />;
  if (past?.length === 0) return <EmptyState text={t('dry.none')} />;
  return (
    <>
      <div className={styles.bar}>
        <Select
          className={styles.alert ?? ''}
          allowClear
          aria-label={t('dry.alert')}
          placeholder={t('dry.alert')}
          value={alertId}
          onChange={(value: string | null) => onAlert(value ?? null)}
          options={past?.map((one) => ({
            value: one.alert_id,
            label: [
              momentOf(one.detected_at, language),
              one.rules[0],
              t('dry.orders', { n: one.order_ids.length }),
            ].join(' · '),
          }))}
        />
        <span className="og-note">{t('dry.note')}</span>
      </div>
      {run && (
        <Table
          size="small"
          rowKey="step"
          pagination={false}
          scroll={{ x: 760 }}
          dataSource={run.steps}
          columns={[
            { title: t('dry.step'), dataIndex: 'step' },
            {
              title: t('member.action'),
              key: 'action',
              render: (_, row) => t(`action.${row.action}`, { defaultValue: row.action }),
            },
            {
              title: t('dry.would'),
              key: 'state',
              render: (_, row) => would(row),
            },
            {
              title: t('dry.at'),
              key: 'at',
              render: (_, row) => (row.at ? fullMomentOf(row.at, language) : '—'),
            },
            {
              title: t('dry.for'),
              key: 'orders',
              render: (_, row) => (
                <span title={row.order_ids.join('\n')}>
                  {t('dry.of', { n: row.orders, of: run.of })}
                </span>
              ),
            },
            {
              title: t('dry.answer'),
              key: 'answer',
              render: (_, row) => (
                <Select
                  size="small"
                  className={styles.answer ?? ''}
                  allowClear
                  aria-label={t('dry.answer_of', { step: row.step })}
                  placeholder={t(asks.get(row.step)?.wait ? 'answer.timeout' : 'answer.done')}
                  value={answers[row.step] ?? null}
                  onChange={(value: Answer | null) => say(row.step, value)}
                  options={answersOf(asks.get(row.step)).map((one) => ({
                    value: one,
                    label: t(`answer.${one}`),
                  }))}
                />
              ),
            },
          ]}
        />
      )}
    </>
  );
}
