import { useWords } from '@app/words';

import { Faults, FileDrawer } from './FileDrawer';
import { sendMappings } from './upload';

export function ImportMappings({ onImported }: { onImported: () => void }) {
  const { t } = useWords('stock');
  return (
    <FileDrawer
      title={t('map.import')}
      text={t('map.import_text')}
      needsShop={false}
      send={(file, { channel, shop }, isDry) =>
        sendMappings(file, channel ? `${channel}/${shop}` : '', isDry)
      }
      isFine={(report) => report.fault_count === 0 && report.changed > 0}
      onDone={onImported}
      report={(report) => (
        <>
          <p>{t('map.report', { read: report.read, changed: report.changed })}</p>
          <Faults faults={report.faults} count={report.fault_count} />
        </>
      )}
    />
  );
}
