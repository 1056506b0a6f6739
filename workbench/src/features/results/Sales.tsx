import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Popconfirm, Skeleton } from 'antd';
import { useSearchParams } from 'react-router';

import { api, type Schemas } from '@api/client';
import { useMay } from '@app/session';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import { PlanSale } from './PlanSale';

type Sale = Schemas['Sale'];

/** Sales that are planned, so that no surge of theirs alarms; and those that were. */
export function Sales() {
  const { t, language } = useWords('results');
  const { message } = App.useApp();
  const may = useMay('change_lists');
  const [view, setView] = useSearchParams();
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/sales'));
  const remove = api.useMutation('delete', '/api/v1/sales', {
    onSuccess: () => void refetch(),
    onError: (refused) => void message.error(refused.detail),
  });
  const plan = (isOpen: boolean) =>
    setView((former) => {
      if (isOpen) former.set('plan', '1');
      else former.delete('plan');
      return former;
    });
  const add = may && (
    <Button size="small" icon={<PlusOutlined />} onClick={() => plan(true)}>
      {t('sale.plan')}
    </Button>
  );
  return (
    <Panel title={t('sale.title')} extra={!!data?.items.length && add}>
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data?.items.length === 0 && <EmptyState text={t('sale.empty')} action={add} />}
      {data && data.items.length > 0 && (
        <Table<Sale>
          size="small"
          rowKey={(one) => `${one.channel}/${one.shop}/${one.name}`}
          dataSource={data.items}
          pagination={false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('sale.name'), dataIndex: 'name' },
            {
              title: t('sale.shop'),
              key: 'shop',
              render: (_, one) => `${one.channel}/${one.shop}`,
            },
            {
              title: t('sale.time'),
              key: 'time',
              render: (_, one) =>
                `${momentOf(one.from, language)} – ${momentOf(one.until, language)}`,
            },
            {
              title: t('sale.products'),
              key: 'products',
              render: (_, one) => productsOf(one) || t('sale.all'),
            },
            { title: t('sale.by'), dataIndex: 'by' },
            {
              key: 'remove',
              align: 'right',
              render: (_, { name, channel, shop }) =>
                may && (
                  <Popconfirm
                    title={t('sale.sure')}
                    onConfirm={() => remove.mutate({ params: { query: { name, channel, shop } } })}
                  >
                    <Button size="small" type="text">
                      {t('sale.remove')}
                    </Button>
                  </Popconfirm>
                ),
            },
          ]}
        />
      )}
      <PlanSale
        isOpen={may && view.has('plan')}
        onClose={() => plan(false)}
        onPlanned={() => void refetch()}
      />
    </Panel>
  );
}

function productsOf({ products, orders_per_minute: expected }: Sale): string {
  return [...products, ...Object.entries(expected).map((pair) => pair.join(': '))].join(', ');
}
