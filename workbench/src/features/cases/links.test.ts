import { expect, test } from 'vitest';

import { linksOf, placesOf } from './links';

const order = (order_id: string, device: string) => ({
  channel: 'standard',
  shop: 'demo',
  order_id,
  entities: [
    { kind: 'buyer' as const, key: `standard/demo/of-${order_id}` },
    { kind: 'device' as const, key: device },
  ],
});

test('few orders are shown with all that they have', () => {
  const links = linksOf([order('1', 'tablet'), order('2', 'tablet')], []);
  expect(links.entities.map(({ kind }) => kind)).toEqual(['device', 'buyer', 'buyer']);
  expect(links.entities[0]?.orders).toEqual(['1', '2']);
});

test('many orders are shown with what they share, and with whom is known as bad', () => {
  const orders = ['1', '2', '3', '4', '5'].map((id) => order(id, 'tablet'));
  const bad = {
    kind: 'buyer' as const,
    key: 'standard/demo/of-3',
    first_seen: '',
    last_seen: '',
    orders: 1,
    confirmed_bad: 2,
    confirmed_good: 0,
    sources: {},
    links: {},
  };
  const links = linksOf(orders, [bad]);
  expect(links.entities.map(({ key }) => key)).toEqual(['standard/demo/of-3', 'tablet']);
});

test('nobody stands on anybody else, and what is left out is counted', () => {
  const orders = Array.from({ length: 40 }, (_, n) => order(String(n), `device-${n % 3}`));
  const links = linksOf(orders, []);
  expect(links.orders).toHaveLength(24);
  expect(links.hidden).toBe(16);
  const places = placesOf(links).map(({ x, y }) => `${x} ${y}`);
  expect(new Set(places).size).toBe(places.length);
});
