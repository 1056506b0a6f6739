import { useQuery } from '@tanstack/react-query';
import { Segmented, Skeleton, Tag } from 'antd';

import { api, type Schemas } from '@api/client';
import { useMay } from '@app/session';
import { numberOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import { ImportMappings } from './ImportMappings';
import { Pager } from './Pager';
import styles from './stock.module.css';
import { coverageOf, type ViewProps } from './view';

const MEANINGS = ['unmapped', 'ambiguous', 'mapped'] as const;
const TONES: Record<string, string> = { unmapped: 'error', ambiguous: 'warning' };

export function Mappings({ view, set }: ViewProps) {
  const { t, language } = useWords('stock');
  const may = useMay('change_lists');
  const meaning = MEANINGS.find((one) => one === view.get('meaning'));
  const cursor = view.get('after');
  const query = { ...(meaning ? { meaning } : {}), ...(cursor ? { cursor } : {}) };
  const { data, error, refetch } = useQuery(
    api.queryOptions('get', '/api/v1/mappings', { params: { query } }),
  );
  return (
    <>
      <div className={styles.bar}>
        <Segmented
          aria-label={t('map.meaning')}
          value={meaning ?? 'every'}
          onChange={(value) => set({ meaning: value === 'every' ? null : value, after: null })}
          options={['every', ...MEANINGS].map((value) => ({ value, label: t(`map.${value}`) }))}
        />
        {data && <Coverage coverage={data.coverage} />}
        <span className="og-space" />
        {may && <ImportMappings onImported={() => void refetch()} />}
      </div>
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data?.items.length === 0 && <EmptyState text={t('map.empty')} />}
      {data && data.items.length > 0 && (
        <Table<Schemas['ChannelSku']>
          size="small"
          rowKey={(one) => `${one.channel}/${one.shop}/${one.channel_sku}`}
          dataSource={data.items}
          pagination={false}
          scroll={{ x: 'max-content' }}
          columns={[
            { title: t('map.shop'), key: 'shop', render: (_, one) => `${one.channel}/${one.shop}` },
            { title: t('map.sku'), dataIndex: 'channel_sku' },
            {
              title: t('map.meaning'),
              key: 'meaning',
              render: (_, one) => (
                <Tag color={TONES[one.meaning] ?? 'default'}>{t(`map.${one.meaning}`)}</Tag>
              ),
            },
            {
              title: t('map.to'),
              key: 'to',
              render: (_, one) => one.mapped_to.join(', ') || t('app:none'),
            },
            {
              title: t('map.orders'),
              key: 'orders',
              align: 'right',
              render: (_, one) => numberOf(one.orders, language),
            },
          ]}
        />
      )}
      {data && <Pager cursor={cursor} next={data.next_cursor} set={set} />}
    </>
  );
}

function Coverage({ coverage }: { coverage: Record<string, unknown> }) {
  const { t } = useWords('stock');
  const { share, unmapped, ambiguous } = coverageOf(coverage);
  if (share === null) return null;
  return (
    <span className="og-note">
      {t('map.coverage', { share: (share * 100).toFixed(1), unmapped, ambiguous })}
    </span>
  );
}
