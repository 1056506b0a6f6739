import { spanOf } from '@app/times';
import { useWords } from '@app/words';

/** A duration in its largest fitting unit. */
export function Span({ ms }: { ms: number | null }) {
  const { t } = useWords('app');
  if (ms === null) return t('none');
  const { key, n } = spanOf(ms);
  return <span className="og-number">{t(`span.${key}`, { n })}</span>;
}

/** How long ago an instant was, as seen from another. */
export function Ago({ at, now }: { at: string | null; now: string }) {
  const { t } = useWords('app');
  if (at === null) return t('none');
  const ms = Date.parse(now) - Date.parse(at);
  if (ms < 1_000) return t('now');
  const { key, n } = spanOf(ms);
  return <span className="og-number">{t('ago', { span: t(`span.${key}`, { n }) })}</span>;
}
