import { PlusOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { App, Button, Popconfirm, Segmented, Select, Skeleton } from 'antd';

import { api, client, type Schemas } from '@api/client';
import { useMay } from '@app/session';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import styles from './lists.module.css';
import { PutOnList } from './PutOnList';
import { KINDS, LISTS, type ViewProps } from './view';

type Listed = Schemas['Listed'];

export function ListPanel({ view, set }: ViewProps) {
  const { t } = useWords('lists');
  const { message } = App.useApp();
  const may = useMay('change_lists');
  const list = LISTS.find((one) => one === view.get('list')) ?? 'block';
  const kind = KINDS.find((one) => one === view.get('of'));
  const pages = useListed(list, kind);
  const items = pages.data?.pages.flatMap((page) => page.items);
  const off = api.useMutation('delete', '/api/v1/lists', {
    onSuccess: () => void pages.refetch(),
    onError: (refused) => void message.error(refused.detail),
  });
  const add = may && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => set({ add: '1' })}>
      {t('add')}
    </Button>
  );
  const takeOff = ({ list: name, kind: of, value }: Listed) =>
    off.mutate({ params: { query: { list: name, kind: of, value } } });
  return (
    <Panel title={t('lists')} note={t(`list_text.${list}`)}>
      <div className={styles.bar}>
        <Segmented
          aria-label={t('lists')}
          value={list}
          onChange={(value) => set({ list: value })}
          options={LISTS.map((value) => ({ value, label: t(`list.${value}`) }))}
        />
        <Select
          aria-label={t('kind_label')}
          allowClear
          placeholder={t('every_kind')}
          value={kind ?? null}
          onChange={(value) => set({ of: value })}
          options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
          style={{ minWidth: 120 }}
        />
        <span className="og-space" />
        {add}
      </div>
      {pages.error && !items && (
        <ProblemNote error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {!items && !pages.error && <Skeleton active />}
      {items?.length === 0 && <EmptyState text={t(`empty.${list}`)} action={add} />}
      {items && items.length > 0 && <Rows items={items} onTakeOff={may ? takeOff : null} />}
      {pages.hasNextPage && (
        <Button onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
          {t('more')}
        </Button>
      )}
      <PutOnList
        list={list}
        isOpen={may && view.has('add')}
        onClose={() => set({ add: null })}
        onPut={() => void pages.refetch()}
      />
    </Panel>
  );
}

function useListed(list: Schemas['ListName'], kind: Schemas['ListKind'] | undefined) {
  return useInfiniteQuery({
    queryKey: ['get', '/api/v1/lists', list, kind],
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam: cursor, signal }) => {
      const query = { list, ...(kind ? { kind } : {}), ...(cursor ? { cursor } : {}) };
      const { data } = await client.GET('/api/v1/lists', { params: { query }, signal });
      if (!data) throw new Error('an answer without its page');
      return data;
    },
    getNextPageParam: (page) => page.next_cursor,
  });
}

interface RowsProps {
  items: Listed[];
  onTakeOff: ((one: Listed) => void) | null;
}

function Rows({ items, onTakeOff }: RowsProps) {
  const { t, language } = useWords('lists');
  return (
    <Table<Listed>
      size="small"
      rowKey={(one) => `${one.kind}/${one.value}`}
      dataSource={items}
      pagination={false}
      scroll={{ x: 'max-content' }}
      columns={[
        { title: t('kind_label'), key: 'kind', render: (_, one) => t(`kind.${one.kind}`) },
        { title: t('who'), key: 'who', render: (_, one) => one.shown },
        { title: t('reason'), key: 'reason', render: (_, one) => one.reason || t('app:none') },
        {
          title: t('until'),
          key: 'until',
          render: (_, one) => (one.until ? momentOf(one.until, language) : t('forever')),
        },
        { title: t('by'), dataIndex: 'by' },
        { title: t('at'), key: 'at', render: (_, one) => momentOf(one.listed_at, language) },
        {
          key: 'off',
          align: 'right',
          render: (_, one) =>
            onTakeOff && (
              <Popconfirm title={t('sure')} onConfirm={() => onTakeOff(one)}>
                <Button size="small" type="text">
                  {t('take_off')}
                </Button>
              </Popconfirm>
            ),
        },
      ]}
    />
  );
}
