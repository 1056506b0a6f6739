import { useQuery } from '@tanstack/react-query';

import { api, type Schemas } from '@api/client';
import { momentOf, numberOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

const EVERY_MS = 5_000;

/** What is due or begun and has not ended. */
export function Outbox() {
  const { t, language } = useWords('actions');
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/outbox'),
    refetchInterval: EVERY_MS,
  });
  return (
    <Panel title={t('outbox')} note={data?.next_cursor ? t('first_hundred') : ''}>
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {data?.items.length === 0 && <EmptyState text={t('outbox_empty')} />}
      {data && data.items.length > 0 && (
        <Table<Schemas['Unsent']>
          size="small"
          rowKey="key"
          dataSource={data.items}
          pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('action'), dataIndex: 'action' },
            { title: t('step'), dataIndex: 'step' },
            {
              title: t('state.title'),
              key: 'state',
              render: (_, one) => t(`portion.${one.state}`),
            },
            { title: t('due'), key: 'due', render: (_, one) => momentOf(one.due_at, language) },
            {
              title: t('orders'),
              key: 'orders',
              align: 'right',
              render: (_, one) => numberOf(one.order_ids.length, language),
            },
            { title: t('alert'), dataIndex: 'alert_id' },
          ]}
        />
      )}
    </Panel>
  );
}
