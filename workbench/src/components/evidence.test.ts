import { expect, test } from 'vitest';

import {
  isNormal,
  moneyText,
  normalText,
  payText,
  shownKey,
  subjectText,
  valueText,
} from './evidence';

const t = (key: string, places?: Record<string, unknown>) =>
  places && 'n' in places ? `${key}:${String(places.n)}` : key;

test('values and what is normal for them are read as people write them', () => {
  expect(valueText(0.333_3, t)).toBe('0.33');
  expect(valueText(null, t)).toBe('app:value.unknown');
  expect(normalText('1 to 3', t)).toBe('1–3');
  expect(normalText('2 or more', t)).toBe('app:value.or_more:2');
});

test('a value is held against a range, a least, or the value itself', () => {
  expect(isNormal(2, '1 to 3')).toBe(true);
  expect(isNormal(5, '1 to 3')).toBe(false);
  expect(isNormal(1, '2 or more')).toBe(false);
  expect(isNormal(5, 1)).toBe(false);
  expect(isNormal(5, 'as usual')).toBe(true);
});

test('tokens are cut, ids are not, and money stays a decimal text', () => {
  expect(shownKey('phone', 'standard/demo/abcdefghijklmnop')).toBe('…ijklmnop');
  expect(shownKey('buyer', 'standard/demo/zhao')).toBe('zhao');
  expect(shownKey('segment', 'standard/demo/45.1.2.0/24')).toBe('45.1.2.0/24');
  expect(moneyText('1234567.80', 'CNY')).toBe('¥1,234,567.80');
  expect(moneyText('59', 'USD')).toBe('USD 59');
  expect(moneyText(null, 'CNY')).toBe('');
});

test('a way to pay has a word where one is known', () => {
  expect(payText('wechat', t)).toBe('app:pay.wechat');
  expect(payText('2026-11-26 18:28', t)).toBe('2026-11-26 18:28');
});

test('a subject of two parts names both', () => {
  expect(subjectText({ type: 'segment+product', key: '45.1.2+shoe' }, t)).toBe(
    'app:subject.segment 45.1.2 · app:subject.product shoe',
  );
});
