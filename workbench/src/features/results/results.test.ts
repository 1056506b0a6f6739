import { expect, test } from 'vitest';

import { changeText, goalText, originalText, percent, quantity, type Compared } from './measures';
import { instantOf } from './plan';

const say = (key: string, { n }: { n: string }) => `${n} ${key.split('.')[1] ?? ''}`;
const ONE: Compared = {
  name: 'person',
  unit: 'share',
  before: 0.2,
  before_from: 'given',
  after: 0.05,
  difference: -0.75,
  goal: 0.1,
  is_more_better: false,
  is_met: true,
  original_before: { en: '4.2 h', zh: '4.2 小时' },
  original_after: null,
};

test('shares, lengths and counts are said in their own way', () => {
  expect(percent(0.5)).toBe('50.0 %');
  expect(percent(0.001)).toBe('0.10 %');
  expect(percent(null)).toBe('–');
  expect(quantity(90, 's', 'en', say)).toBe('1 minutes');
  expect(quantity(1_234, 'orders', 'en', say)).toBe('1,234');
  expect(quantity(12.34, 'per_hour', 'en', say)).toBe('12.3');
});

test('a goal says in which direction it lies, a change its sign', () => {
  expect(goalText(ONE, 'en', say)).toBe('< 10.0 %');
  expect(goalText({ ...ONE, is_more_better: true }, 'en', say)).toBe('≥ 10.0 %');
  expect(goalText({ ...ONE, goal: null }, 'en', say)).toBe('–');
  expect(changeText(-0.75)).toBe('−75 %');
  expect(changeText(0.1)).toBe('+10 %');
});

test('what the original project had is told in the language of the page', () => {
  expect(originalText(ONE, 'zh')).toBe('4.2 小时 → –');
  expect(originalText(ONE, 'en')).toBe('4.2 h → –');
});

test("a picked time is one of the shop's zone", () => {
  expect(instantOf('2026-11-11T00:00')).toBe('2026-11-11T00:00:00+08:00');
});
