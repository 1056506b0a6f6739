import { expect, test } from 'vitest';

import type { Schemas } from '@api/client';

import { agesOf, fed, lastHour, lastMinute, minutesOf } from './series';

const shop = (channel: string, name: string, orders: number[]) => ({
  channel,
  shop: name,
  orders: 0,
  orders_per_minute: orders,
  last_event_at: null,
  source_lag_ms_p50: null,
});
const HEALTH = {
  minutes_from: '2026-11-11T00:14:00+08:00',
  shops: [shop('b', '1', [1, 2]), shop('a', '1', [3, 4]), shop('b', '2', [5, 6])],
} as unknown as Schemas['Health'];

const slot = (from: string, usual: number, far: number | null) => ({
  from: `2026-11-11T${from}:00+08:00`,
  orders_per_minute: usual,
  far_above: far,
});
const PICTURE: Schemas['LivePicture'] = {
  as_of: '2026-11-11T00:16:00+08:00',
  running_out: [],
  shops: [
    {
      channel: 'a',
      shop: '1',
      usual: [slot('00:00', 2, 6), slot('00:15', 3, null)],
      waiting: {
        orders: 3,
        ages: [
          { from_h: 0, until_h: 2, orders: 1 },
          { from_h: 2, until_h: null, orders: 2 },
        ],
      },
    },
    {
      channel: 'b',
      shop: '1',
      usual: [slot('00:00', 1, 4), slot('00:15', 1, 4)],
      waiting: { orders: 0, ages: [{ from_h: 0, until_h: 2, orders: 0 }] },
    },
  ],
};

test('shops of one channel are one curve, and the band is that of their quarter', () => {
  const { starts, channels, usual, far } = minutesOf(HEALTH, PICTURE);
  expect(starts.map((one) => new Date(one).toISOString().slice(14, 16))).toEqual(['14', '15']);
  expect(channels).toEqual([
    ['a', [3, 4]],
    ['b', [6, 8]],
  ]);
  expect(usual).toEqual([3, 4]);
  expect(far).toEqual([10, null]);
});

test('of one channel each shop has its curve', () => {
  const alone = { ...HEALTH, shops: HEALTH.shops.filter(({ channel }) => channel === 'b') };
  expect(minutesOf(alone, undefined).channels).toEqual([
    ['1', [1, 2]],
    ['2', [5, 6]],
  ]);
});

test('without a picture there are curves and no band', () => {
  expect(minutesOf(HEALTH, undefined).usual).toEqual([null, null]);
});

test('the minute that is not over does not count as the last one', () => {
  expect(lastMinute(HEALTH)).toBe(9);
  expect(lastHour(HEALTH)).toBe(21);
});

test('ages are added up by channel', () => {
  const { spans, channels, total } = agesOf(PICTURE);
  expect(spans).toEqual([
    [0, 2],
    [2, null],
  ]);
  expect(channels).toEqual([
    ['a', [1, 2]],
    ['b', [0]],
  ]);
  expect(total).toBe(3);
});

test('an alert that grows stays one, and the newest stands first', () => {
  const alert = (id: string, at: string, score = 0, updated = at) =>
    ({ alert_id: id, detected_at: at, updated_at: updated, score }) as Schemas['Alert'];
  const known = [alert('a', '2026-11-11T00:00:02+08:00'), alert('b', '2026-11-11T00:00:01+08:00')];
  const changed = [
    alert('b', '2026-11-11T00:00:01+08:00', 9),
    alert('c', '2026-11-10T16:00:03Z'),
    alert('a', '2026-11-11T00:00:02+08:00', 7, '2026-11-11T00:00:01+08:00'),
  ];
  expect(fed(known, changed).map((one) => [one.alert_id, one.score])).toEqual([
    ['c', 0],
    ['a', 0],
    ['b', 9],
  ]);
});
