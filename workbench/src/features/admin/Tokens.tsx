import { useQuery } from '@tanstack/react-query';
import { App, Button, Popconfirm, Skeleton } from 'antd';

import { api, type Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import { AddNamed } from './AddNamed';
import { Once } from './Once';

export function Tokens() {
  const { t, language } = useWords('admin');
  const { message } = App.useApp();
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/tokens'));
  const told = {
    onSuccess: () => void refetch(),
    onError: (refused: { detail: string }) => void message.error(refused.detail),
  };
  const add = api.useMutation('post', '/api/v1/tokens', told);
  const revoke = api.useMutation('delete', '/api/v1/tokens/{token_id}', told);
  return (
    <Panel title={t('tokens')} note={t('tokens_note')}>
      <AddNamed
        label={t('add_token')}
        nameLabel={t('token_name')}
        isPending={add.isPending}
        onSend={(body) => add.mutate({ body })}
      />
      {add.data && <Once label={t('token')} secret={add.data.token} />}
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data?.items.length === 0 && <EmptyState text={t('tokens_empty')} />}
      {data && data.items.length > 0 && (
        <Table<Schemas['Token']>
          size="small"
          rowKey="id"
          dataSource={data.items}
          pagination={false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('token_name'), dataIndex: 'name' },
            { title: t('role'), key: 'role', render: (_, one) => t(`app:role.${one.role}`) },
            { title: t('token_id'), dataIndex: 'id' },
            { title: t('since'), key: 'at', render: (_, one) => momentOf(one.added_at, language) },
            {
              key: 'revoke',
              align: 'right',
              render: (_, { id, name }) => (
                <Popconfirm
                  title={t('revoke_sure', { name })}
                  onConfirm={() => revoke.mutate({ params: { path: { token_id: id } } })}
                >
                  <Button size="small" type="text">
                    {t('revoke')}
                  </Button>
                </Popconfirm>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}
