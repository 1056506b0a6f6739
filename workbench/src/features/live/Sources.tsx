import type { Schemas } from '@api/client';
import { useWords } from '@app/words';
import { Ago, Span } from '@components/Span';

import styles from './live.module.css';

/** How fresh each shop's data is on arrival; our own part is told apart from it. */
export function Sources({ health }: { health: Schemas['Health'] }) {
  const { t } = useWords('live');
  const { server, shops } = health;
  return (
    <>
      {/* It scrolls, so it must be reachable by keys. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.rows} tabIndex={0} role="region" aria-label={t('sources.title')}>
        <table className={styles.table}>
          <thead>
            <tr>
              {['shop', 'last', 'lag'].map((column) => (
                <th key={column} scope="col">
                  {t(`sources.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shops.map((shop) => (
              <tr key={`${shop.channel}/${shop.shop}`}>
                <th scope="row" className={styles.name} title={`${shop.channel}/${shop.shop}`}>
                  {shop.channel}/{shop.shop}
                </th>
                <td>
                  <Ago at={shop.last_event_at} now={health.as_of} />
                </td>
                <td>
                  <Span ms={shop.source_lag_ms_p50} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <table className={`${styles.table} ${styles.own}`}>
        <thead>
          <tr>
            <th scope="col">{t('sources.own')}</th>
            <th scope="col">P50</th>
            <th scope="col">P99</th>
          </tr>
        </thead>
        <tbody>
          <Own title={t('sources.ack')} p50={server.ack_ms_p50} p99={server.ack_ms_p99} />
          <Own
            title={t('sources.alert')}
            p50={server.event_to_alert_ms_p50}
            p99={server.event_to_alert_ms_p99}
          />
        </tbody>
      </table>
    </>
  );
}

function Own({ title, p50, p99 }: { title: string; p50: number | null; p99: number | null }) {
  return (
    <tr>
      <th scope="row">{title}</th>
      <td>
        <Span ms={p50} />
      </td>
      <td>
        <Span ms={p99} />
      </td>
    </tr>
  );
}
