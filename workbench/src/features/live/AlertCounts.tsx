import type { Schemas } from '@api/client';
import { numberOf } from '@app/times';
import { useWords } from '@app/words';
import { SEVERITIES, SeverityTag } from '@components/SeverityTag';

import styles from './live.module.css';
import { countOf } from './series';

const KINDS = ['risk', 'health'] as const;

/** Open alerts by severity and kind, with all there ever were beside them. */
export function AlertCounts({ health }: { health: Schemas['Health'] }) {
  const { t, language } = useWords('live');
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('alerts.severity')}</th>
          {KINDS.map((kind) => (
            <th key={kind} scope="col">
              {t(`app:kind.${kind}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...SEVERITIES].reverse().map((severity) => (
          <tr key={severity}>
            <th scope="row">
              <SeverityTag severity={severity} />
            </th>
            {KINDS.map((kind) => {
              const open = countOf(health.recent_alerts, kind, severity);
              return (
                <td key={kind}>
                  <span className={styles.count} data-severity={open ? severity : undefined}>
                    {numberOf(open, language)}
                  </span>
                  <span className={styles.soft}>
                    {' / '}
                    {numberOf(countOf(health.alerts, kind, severity), language)}
                  </span>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
