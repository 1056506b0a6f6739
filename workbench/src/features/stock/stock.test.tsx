import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import Stock from './index';
import { coverageOf, isSome, lastsText, readDay } from './view';

const say = (key: string, { n }: { n: string }) => `${n} ${key}`;

test('stock that nothing sells lasts for no known time', () => {
  expect(lastsText(null, say)).toBe('–');
  expect(lastsText(7_200, say)).toBe('2 app:span.hours');
});

test('a day is named with its shop', () => {
  expect(readDay('tmall/a/b/2026-11-11')).toEqual({
    channel: 'tmall',
    shop: 'a/b',
    day: '2026-11-11',
  });
});

test('amounts are looked at as the texts they are', () => {
  expect(isSome('0.00')).toBe(false);
  expect(isSome('-0.01')).toBe(true);
});

test('coverage without SKUs has no share', () => {
  expect(coverageOf({ channel_skus: { unmapped: 2 }, share: null })).toEqual({
    share: null,
    unmapped: 2,
    ambiguous: 0,
  });
});

test('who may not reconcile sees no money', async () => {
  answering({ '/api/v1/stock': { items: [], next_cursor: null } });
  await show(<Stock />, { language: 'en', session: { rights: [] } });
  expect(await screen.findByText(/No stock is known/)).toBeTruthy();
  expect(screen.queryByRole('tab', { name: 'Reconciliation' })).toBeNull();
});

test('finance sees each day with its difference', async () => {
  const day = {
    channel: 'standard',
    shop: 'demo',
    day: '2026-11-11',
    currency: 'CNY',
    orders: 1,
    channel_amount: '59.00',
    payments: '59.00',
    refunds: '0.00',
    net: '59.00',
    settled: '58.00',
    difference: '-1.00',
    causes: [],
    awaited: null,
    not_expected: null,
    age: '0-1',
    signed: null,
  };
  answering({
    '/api/v1/reconciliation': { items: [day], ageing: [], shops: [], next_cursor: null },
  });
  await show(<Stock />, { language: 'en', at: '/?tab=money', session: { rights: ['reconcile'] } });
  expect(await screen.findByText('2026-11-11')).toBeTruthy();
  expect(screen.getByText('-1.00')).toBeTruthy();
});
