// Numbers, instants and values as people read them. Instants are texts at +08:00, whatever the
// browser's own zone: all who look at a sale see one time.

import { language, named, word } from './words.js';

const TOKENS = ['doorstep', 'phone'];
const ZONE_MS = 8 * 3_600_000;
const NUMBERS = { zh: new Intl.NumberFormat('zh-CN'), en: new Intl.NumberFormat('en-GB') };
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

export function number(value) {
  return NUMBERS[language()].format(value);
}

export function share(part, whole) {
  if (!whole) return '0%';
  const percent = (100 * part) / whole;
  return `${percent === 0 || percent >= 10 ? Math.round(percent) : percent.toFixed(1)}%`;
}

export function milliseconds(instant) {
  return Date.parse(instant);
}

// The parts of an instant at +08:00.
function parts(ms) {
  const text = new Date(ms + ZONE_MS).toISOString();
  return { day: text.slice(0, 10), time: text.slice(11, 19), minute: text.slice(11, 16) };
}

export function minute(ms) {
  return parts(ms).minute;
}

// The time of day, with the day before it where that is not the day of `now`.
export function moment(instant, now) {
  const { day, time } = parts(milliseconds(instant));
  if (now && parts(milliseconds(now)).day === day) return time;
  return `${day.slice(5)} ${time}`;
}

export function momentInFull(instant) {
  const { day, time } = parts(milliseconds(instant));
  return `${day} ${time}`;
}

// A length of time in the largest unit that it fills, to two digits where that is small.
export function duration(ms) {
  if (ms === null || ms === undefined) return word('none');
  if (ms < 1_000) return word('unit.ms', { n: ms < 10 && ms > 0 ? few(ms) : Math.round(ms) });
  for (const [unit, size] of UNITS) {
    if (ms >= size) return word(`unit.${unit}`, { n: few(ms / size) });
  }
  return word('none');
}

function few(value) {
  return value < 10 ? String(Number(value.toFixed(1))) : String(Math.floor(value));
}

// A value that a rule saw.
export function value(seen) {
  if (seen === null || seen === undefined) return word('value.unknown');
  if (typeof seen === 'boolean') return word(seen ? 'value.yes' : 'value.no');
  if (typeof seen === 'number') return String(Number(seen.toFixed(2)));
  return String(seen);
}

// What is normal for it: a value, or one of the few phrases that rule files use.
export function normal(told) {
  if (typeof told !== 'string') return value(told);
  const range = /^(\S+) to (\S+)$/.exec(told);
  if (range) return `${range[1]}–${range[2]}`;
  const least = /^(\S+) or more$/.exec(told);
  if (least) return word('value.or_more', { n: least[1] });
  return told === 'many' ? word('value.many') : told;
}

// Whether a value is what is normal. What is told in words only is not held against it.
export function isNormal(seen, told) {
  if (typeof told !== 'string') return seen === told;
  const range = /^(\S+) to (\S+)$/.exec(told);
  if (range) return seen >= Number(range[1]) && seen <= Number(range[2]);
  const least = /^(\S+) or more$/.exec(told);
  return least === null || seen >= Number(least[1]);
}

export function orders(count) {
  return count === 1 ? word('order_count_one') : word('order_count', { n: number(count) });
}

// "segment+product" and its key as what and whom, one for each; some keys are mere tokens.
export function subject({ type, key }) {
  const types = type.split('+');
  const keys = types.length === 1 ? [key] : key.split('+');
  if (keys.length !== types.length) {
    return [{ what: types.map((one) => named('subject', one)).join(' + '), whom: key }];
  }
  return types.map((one, place) => ({
    what: named('subject', one),
    whom: keys[place],
    isToken: TOKENS.includes(one),
  }));
}
