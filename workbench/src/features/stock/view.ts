import { spanOf } from '@app/times';

export interface ViewProps {
  view: URLSearchParams;
  set: (changes: Record<string, string | null>) => void;
}

type Say = (key: string, values: { n: string }) => string;

/** How long stock lasts, `–` where nothing is sold. */
export function lastsText(seconds: number | null, say: Say): string {
  if (seconds === null) return '–';
  const { key, n } = spanOf(seconds * 1_000);
  return say(`app:span.${key}`, { n });
}

/** `channel/shop/day` of an address. */
export function readDay(text: string): { channel: string; shop: string; day: string } {
  const [channel = '', ...rest] = text.split('/');
  const day = rest.pop() ?? '';
  return { channel, shop: rest.join('/'), day };
}

/** Whether an amount is other than nothing; amounts are never numbers here. */
export function isSome(amount: string): boolean {
  return /[1-9]/.test(amount);
}

/** Of the channel SKUs: the share that means one thing, and how many do not. */
export function coverageOf(coverage: Record<string, unknown>) {
  const counts = (coverage.channel_skus ?? {}) as Record<string, number>;
  return {
    share: typeof coverage.share === 'number' ? coverage.share : null,
    unmapped: counts.unmapped ?? 0,
    ambiguous: counts.ambiguous ?? 0,
  };
}
