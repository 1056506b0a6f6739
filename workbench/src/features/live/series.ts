// From what the server tells to what is drawn: pure, so that it is tested without drawing.
import type { Schemas } from '@api/client';

type Health = Schemas['Health'];
type Picture = Schemas['LivePicture'];
type Alert = Schemas['Alert'];

const MINUTE_MS = 60_000;
const SLOT_MS = 15 * MINUTE_MS;

export interface Minutes {
  /** The start of each minute, ms since the epoch. */
  starts: number[];
  /** Orders of each channel in each of them, by its name; of each shop where there is but one. */
  channels: [string, number[]][];
  /** All shops together: what is usual, and what is far too much; null where nobody knows. */
  usual: (number | null)[];
  far: (number | null)[];
}

export function minutesOf(health: Health, picture: Picture | undefined): Minutes {
  const first = Date.parse(health.minutes_from);
  const count = Math.max(0, ...health.shops.map((shop) => shop.orders_per_minute.length));
  const starts = Array.from({ length: count }, (_, place) => first + place * MINUTE_MS);
  const channels = new Map<string, number[]>();
  const nameOf = namesOf(health.shops);
  for (const shop of health.shops) {
    const sums = channels.get(nameOf(shop)) ?? starts.map(() => 0);
    shop.orders_per_minute.forEach((orders, place) => {
      sums[place] = (sums[place] ?? 0) + orders;
    });
    channels.set(nameOf(shop), sums);
  }
  const [usual, far] = bandOf(starts, picture);
  return { starts, channels: [...channels].sort(([a], [b]) => (a < b ? -1 : 1)), usual, far };
}

interface Named {
  channel: string;
  shop: string;
}

/** One curve a channel; a merchant with one channel sees its shops. */
function namesOf(shops: readonly Named[]): (shop: Named) => string {
  const isOne = new Set(shops.map(({ channel }) => channel)).size === 1;
  return ({ channel, shop }) => (isOne ? shop : channel);
}

/** A sum over shops stands only where each of them that is open knows its part. */
function bandOf(starts: number[], picture: Picture | undefined) {
  const usual = new Map<number, number>();
  const far = new Map<number, number | null>();
  for (const shop of picture?.shops ?? [])
    for (const slot of shop.usual) {
      const start = Date.parse(slot.from);
      usual.set(start, (usual.get(start) ?? 0) + slot.orders_per_minute);
      const known = far.get(start);
      const sum = slot.far_above === null || known === null ? null : (known ?? 0) + slot.far_above;
      far.set(start, sum);
    }
  const slotOf = (start: number) => Math.floor(start / SLOT_MS) * SLOT_MS;
  return [
    starts.map((start) => usual.get(slotOf(start)) ?? null),
    starts.map((start) => far.get(slotOf(start)) ?? null),
  ] as const;
}

export interface Ages {
  /** `[from, until)` in hours; until null: and longer. */
  spans: [number, number | null][];
  channels: [string, number[]][];
  total: number;
}

export function agesOf(picture: Picture): Ages {
  const spans: Ages['spans'] = [];
  const channels = new Map<string, number[]>();
  const nameOf = namesOf(picture.shops);
  let total = 0;
  for (const shop of picture.shops) {
    total += shop.waiting.orders;
    shop.waiting.ages.forEach((age, place) => {
      spans[place] = [age.from_h, age.until_h];
      const sums = channels.get(nameOf(shop)) ?? [];
      sums[place] = (sums[place] ?? 0) + age.orders;
      channels.set(nameOf(shop), sums);
    });
  }
  return { spans, channels: [...channels].sort(([a], [b]) => (a < b ? -1 : 1)), total };
}

export const FEED_MAX = 100;

/** The feed with what changed taken in, each as it was told last, newest first. */
export function fed(known: readonly Alert[], changed: readonly Alert[]): Alert[] {
  const byId = new Map(known.map((alert) => [alert.alert_id, alert]));
  for (const alert of changed) {
    const standing = byId.get(alert.alert_id);
    if (!standing || Date.parse(standing.updated_at) <= Date.parse(alert.updated_at))
      byId.set(alert.alert_id, alert);
  }
  return [...byId.values()]
    .sort((a, b) => Date.parse(b.detected_at) - Date.parse(a.detected_at))
    .slice(0, FEED_MAX);
}

type Severity = Schemas['Severity'];

export function countOf(
  counts: Health['alerts'],
  kind: Schemas['AlertKind'],
  severity: Severity,
): number {
  return counts[kind]?.[severity] ?? 0;
}

/** The line of the health that counts for all: the sum of the last minute that is over. */
export function lastMinute(health: Health): number {
  return health.shops.reduce((sum, shop) => sum + (shop.orders_per_minute.at(-2) ?? 0), 0);
}

export function lastHour(health: Health): number {
  return health.shops.reduce((sum, { orders_per_minute: all }) => sum + all.reduce(plus, 0), 0);
}

export function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce(plus, 0);
}

function plus(a: number, b: number): number {
  return a + b;
}
