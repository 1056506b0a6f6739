import { useQuery } from '@tanstack/react-query';
import { App, Button, Popconfirm, Select, Skeleton } from 'antd';

import { api, type Schemas } from '@api/client';
import { useSession } from '@app/session';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import { AddNamed } from './AddNamed';
import { Once } from './Once';
import { ROLES, type Role } from './roles';

export function People() {
  const { t, language } = useWords('admin');
  const { message } = App.useApp();
  const { name: own } = useSession();
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/people'));
  const told = {
    onSuccess: () => void refetch(),
    onError: (refused: { detail: string }) => void message.error(refused.detail),
  };
  const add = api.useMutation('post', '/api/v1/people', told);
  const change = api.useMutation('patch', '/api/v1/people/{name}', told);
  const remove = api.useMutation('delete', '/api/v1/people/{name}', told);
  return (
    <Panel title={t('people')} note={t('people_note')}>
      <AddNamed
        label={t('add_person')}
        isPending={add.isPending}
        onSend={(body) => add.mutate({ body })}
      />
      {add.data?.password && (
        <Once label={t('password_of', { name: add.data.name })} secret={add.data.password} />
      )}
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data?.items.length === 0 && <EmptyState text={t('people_empty')} />}
      {data && data.items.length > 0 && (
        <Table<Schemas['Person']>
          size="small"
          rowKey="name"
          dataSource={data.items}
          pagination={false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('name'), dataIndex: 'name' },
            {
              title: t('role'),
              key: 'role',
              render: (_, { name, role }) => (
                <Select<Role>
                  size="small"
                  aria-label={t('role_of', { name })}
                  value={role as Role}
                  disabled={name === own}
                  style={{ minWidth: 120 }}
                  onChange={(next) =>
                    change.mutate({ params: { path: { name } }, body: { role: next } })
                  }
                  options={ROLES.map((value) => ({ value, label: t(`app:role.${value}`) }))}
                />
              ),
            },
            { title: t('since'), key: 'at', render: (_, one) => momentOf(one.added_at, language) },
            {
              key: 'remove',
              align: 'right',
              render: (_, { name }) =>
                name !== own && (
                  <Popconfirm
                    title={t('remove_sure', { name })}
                    onConfirm={() => remove.mutate({ params: { path: { name } } })}
                  >
                    <Button size="small" type="text">
                      {t('remove')}
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
