import { useHealth } from '@app/stream/line';
import { useWords } from '@app/words';

export default function Live() {
  const { t } = useWords('live');
  const health = useHealth();
  return (
    <p>
      {t('title')} {health?.orders}
    </p>
  );
}
