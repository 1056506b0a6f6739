import { useQuery } from '@tanstack/react-query';
import { App, Button } from 'antd';

import { api, type Schemas } from '@api/client';
import { useMay } from '@app/session';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { Table } from '@components/Table';

const EVERY_MS = 5_000;

/** All that people have stopped: rules, actions and shops. */
export function Stops({ onChanged }: { onChanged: () => void }) {
  const { t, language } = useWords('actions');
  const { message } = App.useApp();
  const may = useMay('change_lists');
  const { data, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/stops'),
    refetchInterval: EVERY_MS,
  });
  const go = api.useMutation('delete', '/api/v1/stops', {
    onSuccess: () => {
      void refetch();
      onChanged();
    },
    onError: (refused) => void message.error(refused.detail),
  });
  if (!data) return null;
  return (
    <Panel title={t('stops')}>
      {data.items.length === 0 ? (
        <EmptyState text={t('stops_empty')} />
      ) : (
        <Table<Schemas['Stop']>
          size="small"
          rowKey={(one) => `${one.kind}/${one.name}`}
          dataSource={data.items}
          pagination={false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('stop.kind'), key: 'kind', render: (_, one) => t(`stop.of.${one.kind}`) },
            { title: t('stop.name'), dataIndex: 'name' },
            { title: t('stop.reason'), dataIndex: 'reason' },
            { title: t('stop.by'), dataIndex: 'by' },
            {
              title: t('stop.at'),
              key: 'at',
              render: (_, one) => momentOf(one.stopped_at, language),
            },
            {
              key: 'go',
              align: 'right',
              render: (_, { kind, name }) =>
                may && (
                  <Button
                    size="small"
                    onClick={() => go.mutate({ params: { query: { kind, name } } })}
                  >
                    {t('stop.go')}
                  </Button>
                ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
