import { useQuery } from '@tanstack/react-query';
import { Descriptions, Drawer, Skeleton, Tabs } from 'antd';

import { api } from '@api/client';
import { useMay } from '@app/session';
import { fullMomentOf, numberOf, spanOf } from '@app/times';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import { Copyable, FirstEvent } from './AddedShop';
import { ChangeShop } from './ChangeShop';
import styles from './connectors.module.css';
import { Coverage } from './Coverage';
import { GuideSteps } from './GuideSteps';
import { Problems } from './Problems';
import { StateWord } from './ShopTable';
import { ShopTest } from './ShopTest';
import { wholeUrl, type Shop } from './state';

const EVERY_MS = 2_000;

interface Props {
  /** `channel/shop`; null: closed. */
  place: string | null;
  now: number;
  onClose: () => void;
}

export function ShopDrawer({ place, now, onClose }: Props) {
  const [channel = '', ...rest] = (place ?? '').split('/');
  const shop = rest.join('/');
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/shops/{channel}/{shop}', {
      params: { path: { channel, shop } },
    }),
    enabled: place !== null,
    refetchInterval: EVERY_MS,
  });
  return (
    <Drawer
      open={place !== null}
      onClose={onClose}
      size="large"
      title={data ? `${data.title} · ${data.shop}` : (place ?? '')}
      destroyOnHidden
    >
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && <Parts key={place} shop={data} now={now} onChanged={() => void refetch()} />}
    </Drawer>
  );
}

function Parts({ shop, now, onChanged }: { shop: Shop; now: number; onChanged: () => void }) {
  const { t } = useWords('connectors');
  const may = useMay('administer');
  const { data } = useQuery(api.queryOptions('get', '/api/v1/channels'));
  const channel = data?.items.find((one) => one.name === shop.channel);
  const url = wholeUrl(shop.webhook_url);
  const guide = channel && (
    <GuideSteps
      markdown={channel.guide}
      place={`${shop.channel}/${shop.shop}`}
      shop={{ name: shop.shop, url }}
    />
  );
  return (
    <Tabs
      items={[
        { key: 'state', label: t('tab.state'), children: <State shop={shop} now={now} /> },
        { key: 'coverage', label: t('tab.coverage'), children: <Coverage shop={shop} /> },
        { key: 'guide', label: t('tab.guide'), children: guide },
        ...(may && channel
          ? [
              {
                key: 'change',
                label: t('tab.change'),
                children: <ChangeShop {...{ shop, channel, onChanged }} />,
              },
            ]
          : []),
      ]}
    />
  );
}

function State({ shop, now }: { shop: Shop; now: number }) {
  const { t, language } = useWords('connectors');
  const may = useMay('administer');
  const { connection } = shop;
  const lag = spanOf(shop.lag_ms);
  const moment = (at: string | null) => (at ? fullMomentOf(at, language) : t('app:none'));
  const rows: [string, React.ReactNode][] = [
    ['state.title', <StateWord key="state" shop={shop} now={now} />],
    ['last_event', moment(shop.last_event_at)],
    ['lag', shop.last_event_at ? t(`app:span.${lag.key}`, { n: lag.n }) : t('app:none')],
    ['secrets', numberOf(shop.secrets, language)],
    ['gaps_told', numberOf(shop.gaps, language)],
  ];
  if (connection) {
    const link = connection.is_connected === null ? 'none' : String(connection.is_connected);
    rows.push(
      ['link.title', t(`link.${link}`)],
      ['details', `${connection.details_waiting} / ${connection.details_failed}`],
      ['listed_until', moment(connection.listed_until)],
      ['gaps', `${connection.gaps_found} / ${connection.gaps_mended}`],
    );
  }
  return (
    <div className={styles.sections}>
      {!shop.last_event_at && <FirstEvent channel={shop.channel} shop={shop.shop} />}
      <Problems shop={shop} />
      <Copyable label={t('webhook')} text={wholeUrl(shop.webhook_url)} />
      <Descriptions
        size="small"
        column={1}
        items={rows.map(([key, children]) => ({ key, label: t(key), children }))}
      />
      {may && <ShopTest channel={shop.channel} shop={shop.shop} />}
    </div>
  );
}
