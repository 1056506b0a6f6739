import { useWords } from '@app/words';

import { Faults, FileDrawer } from './FileDrawer';
import styles from './stock.module.css';
import { sendStatement } from './upload';

export function BringStatement({ onBrought }: { onBrought: () => void }) {
  const { t } = useWords('stock');
  return (
    <FileDrawer
      title={t('money.bring')}
      text={t('money.bring_text')}
      needsShop
      send={sendStatement}
      isFine={(report) => report.settlements > 0}
      onDone={onBrought}
      report={(report) => (
        <>
          <p>{t('money.report', { format: report.format, count: report.settlements })}</p>
          <ul className={styles.list}>
            {report.sums.map((one) => (
              <li key={`${one.kind} ${one.currency}`}>
                {t(`money.kind.${one.kind}`)} · {one.count} · {one.amount} {one.currency}
              </li>
            ))}
          </ul>
          <Faults faults={report.errors} count={report.error_count} />
        </>
      )}
    />
  );
}
