// Every version of a playbook, what changed in it, and the way back in one step.
import { App, Button } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { Diff } from '@components/Diff';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';
import { bookOf } from './useDraft';

export function Versions({ book }: { book: Schemas['PlaybookBook'] }) {
  const { t, language } = useWords('playbooks');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [open, setOpen] = useState<number | null>(null);
  const back = api.useMutation('post', '/api/v1/playbooks/{playbook_id}/rollback');
  const roll = (version: number) =>
    back.mutate(
      { params: { path: { playbook_id: book.id } }, body: { version } },
      {
        onSuccess: () => {
          void queries.invalidateQueries({ queryKey: bookOf(book.id).queryKey });
          void queries.invalidateQueries({ queryKey: ['get', '/api/v1/playbooks'] });
          void message.success(t('versions.back', { n: version }));
        },
      },
    );
  const before = (version: Schemas['Version']) =>
    book.versions.find((one) => one.number < version.number)?.file ?? '';
  return (
    <>
      {back.error && <ProblemNote error={back.error} />}
      <Table
        size="small"
        rowKey="number"
        pagination={false}
        scroll={{ x: 560 }}
        dataSource={book.versions}
        locale={{ emptyText: <EmptyState text={t('versions.empty')} /> }}
        expandable={{
          expandedRowKeys: open === null ? [] : [open],
          onExpand: (isOpen, row) => setOpen(isOpen ? row.number : null),
          expandedRowRender: (row) => <Diff before={before(row)} after={row.file ?? ''} />,
        }}
        columns={[
          { title: t('versions.number'), dataIndex: 'number', width: 80 },
          { title: t('versions.author'), dataIndex: 'author' },
          { title: t('versions.approved'), dataIndex: 'approved_by' },
          { title: t('versions.at'), key: 'at', render: (_, row) => momentOf(row.at, language) },
          {
            key: 'back',
            render: (_, row, place) =>
              place > 0 &&
              book.can.includes('rollback') && (
                <Button size="small" loading={back.isPending} onClick={() => roll(row.number)}>
                  {t('versions.roll_back')}
                </Button>
              ),
          },
        ]}
      />
    </>
  );
}
