// What is done outside, how each action fares, and the switches that stop it.
import { useQuery } from '@tanstack/react-query';
import { Alert, App, Skeleton, Switch, type TableColumnsType } from 'antd';
import { useState } from 'react';

import { api } from '@api/client';
import { useMay, useSession } from '@app/session';
import { numberOf } from '@app/times';
import { said, useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import styles from './actions.module.css';
import { Outbox } from './Outbox';
import { ended, wordOf, type Action } from './state';
import { StopReason } from './StopReason';
import { Stops } from './Stops';

const EVERY_MS = 5_000;

export default function Actions() {
  const { t } = useWords('actions');
  const { mode } = useSession();
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/actions'),
    refetchInterval: EVERY_MS,
  });
  return (
    <div className={styles.page}>
      {mode === 'shadow' && <Alert type="info" showIcon title={t('shadow')} />}
      <Panel title={t('kinds')} note={t('kinds_note')}>
        {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton active />}
        {data && <Kinds actions={data.items} onChanged={() => void refetch()} />}
      </Panel>
      <Outbox />
      <Stops onChanged={() => void refetch()} />
    </div>
  );
}

function Kinds({ actions, onChanged }: { actions: Action[]; onChanged: () => void }) {
  const { t, language } = useWords('actions');
  const { message } = App.useApp();
  const may = useMay('change_lists');
  const [stopping, setStopping] = useState<string | null>(null);
  const go = api.useMutation('delete', '/api/v1/stops', {
    onSuccess: onChanged,
    onError: (refused) => void message.error(refused.detail),
  });
  const columns: TableColumnsType<Action> = [
    {
      title: t('action'),
      key: 'action',
      render: (_, one) => (
        <>
          {said(one.title, language)} <span className="og-note">{one.name}</span>
        </>
      ),
    },
    {
      title: t('state.title'),
      key: 'state',
      render: (_, one) => {
        const word = wordOf(one);
        const tone = { well: styles.good, down: styles.down, stopped: styles.down };
        return <span className={tone[word as keyof typeof tone]}>{t(`state.${word}`)}</span>;
      },
    },
    {
      title: t('asked_by'),
      key: 'asked',
      render: (_, one) =>
        one.asked_by
          .map(({ playbook, step }) => {
            const name = t(`app:playbook.${playbook}`, { defaultValue: playbook });
            return `${name} › ${step}`;
          })
          .join(' · ') || t('app:none'),
    },
    {
      title: t('outcomes'),
      key: 'outcomes',
      render: (_, one) =>
        ended(one)
          .map(([name, count]) => `${t(`outcome.${name}`)} ${numberOf(count, language)}`)
          .join(' · ') || t('app:none'),
    },
    {
      title: t('runs'),
      key: 'runs',
      align: 'right',
      render: (_, one) => (
        <Switch
          size="small"
          checked={!one.is_stopped}
          disabled={!may}
          aria-label={t('switch', { name: said(one.title, language) })}
          onChange={(isOn) =>
            isOn
              ? go.mutate({ params: { query: { kind: 'action', name: one.name } } })
              : setStopping(one.name)
          }
        />
      ),
    },
  ];
  return (
    <>
      <Table
        size="small"
        rowKey="name"
        columns={columns}
        dataSource={actions}
        pagination={false}
        scroll={{ x: 'max-content' }}
      />
      <StopReason
        kind="action"
        name={stopping}
        onClose={() => setStopping(null)}
        onStopped={onChanged}
      />
    </>
  );
}
