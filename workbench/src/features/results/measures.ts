// Measures as people read them.
import type { Schemas } from '@api/client';
import { numberOf, spanOf } from '@app/times';
import { said, type Language } from '@app/words';

export type Compared = Schemas['Compared'];
export type Row = Schemas['ResultRow'];
type Unit = Compared['unit'];
/** `t` of the shared words. */
type Say = (key: string, values: { n: string }) => string;

export function percent(share: number | null): string {
  if (share === null) return '–';
  return `${(share * 100).toFixed(share !== 0 && Math.abs(share) < 0.01 ? 2 : 1)} %`;
}

export function quantity(value: number | null, unit: Unit, language: Language, say: Say): string {
  if (value === null) return '–';
  if (unit === 'share') return percent(value);
  if (unit === 's' || unit === 'ms') {
    const span = spanOf(unit === 's' ? value * 1_000 : value);
    return say(`app:span.${span.key}`, { n: span.n });
  }
  return unit === 'orders'
    ? numberOf(Math.round(value), language)
    : numberOf(Number(value.toFixed(1)), language);
}

export function goalText(one: Compared, language: Language, say: Say): string {
  if (one.goal === null) return '–';
  const sign = one.name === 'attack_held' ? '' : one.is_more_better ? '≥ ' : '< ';
  return sign + quantity(one.goal, one.unit, language, say);
}

/** What the original project had, as it told it. */
export function originalText(one: Compared, language: Language): string {
  const ends = [one.original_before, one.original_after];
  return ends.map((told) => (told ? said(told, language) : '–')).join(' → ');
}

export function changeText(difference: number | null): string {
  if (difference === null) return '–';
  const percents = Math.round(difference * 100);
  return `${percents > 0 ? '+' : percents < 0 ? '−' : ''}${Math.abs(percents)} %`;
}

export interface Sum {
  currency: string;
  amount: string;
}

export function sumsOf(sums: Record<string, string>): Sum[] {
  return Object.entries(sums).map(([currency, amount]) => ({ currency, amount }));
}
