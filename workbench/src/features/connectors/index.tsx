// The merchant's shops on the channels: how each is heard, and what connects one.
import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import { useSearchParams } from 'react-router';

import { api } from '@api/client';
import { useMay } from '@app/session';
import { useHealth } from '@app/stream/line';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';

import { AddShop } from './AddShop';
import styles from './connectors.module.css';
import { ShopDrawer } from './ShopDrawer';
import { ShopTable } from './ShopTable';
import { byChannel } from './state';

const EVERY_MS = 5_000;

export default function Connectors() {
  const { t } = useWords('connectors');
  const may = useMay('administer');
  const [view, setView] = useSearchParams();
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    ...api.queryOptions('get', '/api/v1/shops'),
    refetchInterval: EVERY_MS,
  });
  const health = useHealth();
  const now = health ? Date.parse(health.as_of) : dataUpdatedAt;
  const open = (key: 'add' | 'shop' | null, value = '1') =>
    setView(key === null ? {} : { [key]: value });
  const add = may && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => open('add')}>
      {t('add.button')}
    </Button>
  );
  if (error && !data) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  return (
    <div className={styles.page}>
      <div className={styles.bar}>
        <p className="og-note">{t('intro')}</p>
        {data.items.length > 0 && add}
      </div>
      {data.items.length === 0 && <EmptyState text={t('empty')} action={add} />}
      {byChannel(data.items).map(({ channel, title, shops }) => (
        <Panel key={channel} title={title} note={t('count', { count: shops.length })}>
          <ShopTable shops={shops} now={now} onOpen={(place) => open('shop', place)} />
        </Panel>
      ))}
      <AddShop
        isOpen={may && view.has('add')}
        onClose={() => open(null)}
        onAdded={() => void refetch()}
      />
      <ShopDrawer place={view.get('shop')} now={now} onClose={() => open(null)} />
    </div>
  );
}
