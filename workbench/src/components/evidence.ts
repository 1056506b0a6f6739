// How values that a rule saw, what is normal for them, and whom an alert is about, are read.
type Seen = string | number | boolean | null | undefined;
type Say = (key: string, places?: Record<string, unknown>) => string;

const RANGE = /^(\S+) to (\S+)$/;
const LEAST = /^(\S+) or more$/;
const TOKENS = new Set(['phone', 'doorstep', 'payer']);
const SHOWN_OF_TOKEN = 8;

/** Words are keys of the name space `app`. */
export function valueText(seen: Seen, t: Say): string {
  if (seen === null || seen === undefined) return t('app:value.unknown');
  if (typeof seen === 'boolean') return t(seen ? 'app:value.yes' : 'app:value.no');
  return typeof seen === 'number' ? String(Number(seen.toFixed(2))) : seen;
}

export function normalText(told: Seen, t: Say): string {
  if (typeof told !== 'string') return valueText(told, t);
  const range = RANGE.exec(told);
  if (range) return `${range[1]}–${range[2]}`;
  const least = LEAST.exec(told);
  if (least) return t('app:value.or_more', { n: least[1] });
  return told === 'many' ? t('app:value.many') : told;
}

/** Whether a value is what is normal. What is told in words only is not held against it. */
export function isNormal(seen: Seen, told: Seen): boolean {
  if (typeof told !== 'string') return seen === told;
  const range = RANGE.exec(told);
  if (range) return Number(seen) >= Number(range[1]) && Number(seen) <= Number(range[2]);
  const least = LEAST.exec(told);
  return least === null || Number(seen) >= Number(least[1]);
}

/** A key without the channel and shop that it is of; a network has a slash of its own. */
export function bareKey(kind: string, key: string): string {
  return key.split('/').slice(kind === 'segment' ? -2 : -1).join('/');
}

/** A token stands for something that nobody may read; its end is enough to tell two apart. */
export function shownKey(kind: string, key: string): string {
  const bare = bareKey(kind, key);
  return TOKENS.has(kind) && bare.length > SHOWN_OF_TOKEN + 2
    ? `…${bare.slice(-SHOWN_OF_TOKEN)}`
    : bare;
}

/** "segment+product" and its key as what and whom, one for each; some keys are one token. */
export function subjectParts(subject: { type: string; key: string }) {
  const types = subject.type.split('+');
  const keys = types.length === 1 ? [subject.key] : subject.key.split('+');
  if (keys.length !== types.length) return [{ what: types, whom: subject.key.slice(-12) }];
  return types.map((type, place) => ({ what: [type], whom: shownKey(type, keys[place] ?? '') }));
}

export function subjectText(subject: { type: string; key: string }, t: Say): string {
  return subjectParts(subject)
    .map(({ what, whom }) => {
      const named = what.map((one) => t(`app:subject.${one}`, { defaultValue: one })).join('+');
      return `${named} ${whom}`;
    })
    .join(' · ');
}

const METHODS = new Set(['alipay', 'wechat', 'unionpay', 'card', 'balance']);

/** How somebody paid; what no word is known of stays as it was told. */
export function payText(method: string, t: Say): string {
  return METHODS.has(method) ? t(`app:pay.${method}`) : method;
}

/** Money as people write it, the amount untouched: it is a decimal text, not a number. */
export function moneyText(amount: string | null, currency: string | null): string {
  if (amount === null) return '';
  const [whole = '', cents] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = currency === 'CNY' ? '¥' : currency ? `${currency} ` : '';
  return `${sign}${grouped}${cents ? `.${cents}` : ''}`;
}
