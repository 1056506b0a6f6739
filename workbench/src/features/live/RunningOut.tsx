import type { Schemas } from '@api/client';
import { numberOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Span } from '@components/Span';

import styles from './live.module.css';

const SOON_S = 3_600;

export function RunningOut({ items }: { items: readonly Schemas['RunningOut'][] }) {
  const { t, language } = useWords('live');
  if (items.length === 0) return <EmptyState text={t('stock.none')} />;
  return (
    // It scrolls, so it must be reachable by keys.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.rows} tabIndex={0} role="region" aria-label={t('stock.title')}>
      <table className={styles.table}>
        <thead>
          <tr>
            {['sku', 'available', 'sold', 'left'].map((column) => (
              <th key={column} scope="col">
                {t(`stock.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.sku}>
              <th scope="row" className={styles.name} title={item.sku}>
                {item.sku}
              </th>
              <td>
                {item.available === null ? t('app:none') : numberOf(item.available, language)}
              </td>
              <td>{numberOf(item.sold_1h, language)}</td>
              <td data-tone={toneOf(item)}>
                <Left item={item} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How long what is there lasts, or by how much it does not. */
function Left({ item }: { item: Schemas['RunningOut'] }) {
  const { t, language } = useWords('live');
  if (item.short > 0) return t('stock.short', { n: numberOf(item.short, language) });
  if (item.zero_in_s === 0) return t('stock.gone');
  return <Span ms={item.zero_in_s === null ? null : item.zero_in_s * 1_000} />;
}

function toneOf(item: Schemas['RunningOut']): 'critical' | 'high' | undefined {
  if (item.short > 0) return 'critical';
  return item.zero_in_s !== null && item.zero_in_s < SOON_S ? 'high' : undefined;
}
