// Instants and numbers as people read them: in the shop's zone, whatever zone the browser is in.
import type { Language } from './words';

export const ZONE = 'Asia/Shanghai';

const kept = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  let made = kept.get(key);
  if (!made) {
    const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
    made = new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: 'h23', ...options });
    kept.set(key, made);
  }
  return made;
}

const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
const MINUTE: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
const DAY: Intl.DateTimeFormatOptions = { month: '2-digit', day: '2-digit' };
const FULL: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  ...TIME,
};

export function timeOf(instant: string | number, language: Language): string {
  return format(language, TIME).format(new Date(instant));
}

export function minuteOf(instant: string | number, language: Language): string {
  return format(language, MINUTE).format(new Date(instant));
}

export function momentOf(instant: string | number, language: Language): string {
  return format(language, { ...DAY, ...MINUTE }).format(new Date(instant));
}

export function fullMomentOf(instant: string | number, language: Language): string {
  return format(language, FULL).format(new Date(instant));
}

export function numberOf(value: number, language: Language): string {
  return value.toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB');
}

export interface Span {
  key: 'ms' | 'seconds' | 'minutes' | 'hours' | 'days';
  n: string;
}

/** A duration in its largest fitting unit: `t(`span.${key}`, { n })`. */
export function spanOf(ms: number): Span {
  const abs = Math.abs(ms);
  if (abs < 1_000) return { key: 'ms', n: abs < 10 ? abs.toFixed(1) : String(Math.round(abs)) };
  if (abs < 60_000) return { key: 'seconds', n: String(Math.floor(abs / 1_000)) };
  if (abs < 3_600_000) return { key: 'minutes', n: String(Math.floor(abs / 60_000)) };
  if (abs < 172_800_000) return { key: 'hours', n: String(Math.floor(abs / 3_600_000)) };
  return { key: 'days', n: String(Math.floor(abs / 86_400_000)) };
}
