import type { TableColumnsType } from 'antd';

import { momentOf, numberOf, spanOf } from '@app/times';
import { useWords } from '@app/words';
import { Table } from '@components/Table';

import styles from './connectors.module.css';
import { placeOf, TONES, wordOf, type Shop } from './state';

interface Props {
  shops: Shop[];
  now: number;
  onOpen: (place: string) => void;
}

export function StateWord({ shop, now }: { shop: Shop; now: number }) {
  const { t } = useWords('connectors');
  const word = wordOf(shop, now);
  return (
    <span className={styles.word} data-tone={TONES[word]}>
      {t(`state.${word}`)}
    </span>
  );
}

export function ShopTable({ shops, now, onOpen }: Props) {
  const { t, language } = useWords('connectors');
  const number = (value: number) => <span className="og-number">{numberOf(value, language)}</span>;
  const refused = (shop: Shop) => Object.values(shop.refused).reduce((sum, one) => sum + one, 0);
  const columns: TableColumnsType<Shop> = [
    {
      title: t('shop'),
      key: 'shop',
      render: (_, shop) => (
        <a
          href={`?shop=${placeOf(shop)}`}
          onClick={(event) => {
            event.preventDefault();
            onOpen(placeOf(shop));
          }}
        >
          {shop.shop}
        </a>
      ),
    },
    {
      title: t('state.title'),
      key: 'state',
      render: (_, shop) => <StateWord {...{ shop, now }} />,
    },
    {
      title: t('last_event'),
      key: 'last',
      render: (_, { last_event_at: at }) => (
        <span className="og-number">{at ? momentOf(at, language) : t('app:none')}</span>
      ),
    },
    {
      title: t('lag'),
      key: 'lag',
      align: 'right',
      render: (_, shop) => {
        if (!shop.last_event_at) return t('app:none');
        const { key, n } = spanOf(shop.lag_ms);
        return <span className="og-number">{t(`app:span.${key}`, { n })}</span>;
      },
    },
    {
      title: t('refused'),
      key: 'refused',
      align: 'right',
      render: (_, shop) => number(refused(shop)),
    },
    {
      title: t('details'),
      key: 'details',
      align: 'right',
      render: (_, { connection }) =>
        connection ? (
          <span className="og-number">
            {connection.details_waiting} / {connection.details_failed}
          </span>
        ) : (
          t('app:none')
        ),
    },
    {
      title: t('gaps'),
      key: 'gaps',
      align: 'right',
      render: (_, { connection, gaps }) =>
        connection?.listed_until ? (
          <span className="og-number">
            {connection.gaps_found} / {connection.gaps_mended}
          </span>
        ) : (
          number(gaps)
        ),
    },
  ];
  return (
    <Table
      size="small"
      rowKey={placeOf}
      columns={columns}
      dataSource={shops}
      pagination={false}
      scroll={{ x: 'max-content' }}
    />
  );
}
