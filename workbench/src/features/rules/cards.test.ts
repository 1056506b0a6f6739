import { expect, test } from 'vitest';

import { literal, plain, printed, tuned, type Cards } from './cards';
import pairs from './fixtures/cards.json';

test.each(pairs as unknown as { text: string; cards: Cards }[])(
  'cards are printed as the server prints them: $text',
  ({ text, cards }) => {
    expect(printed(cards)).toBe(text);
  },
);

test('what is typed becomes a literal of its type, and is read as it was typed', () => {
  expect(literal('500', 'money')).toBe('500.0');
  expect(literal('5', 'int')).toBe('5');
  expect(literal('5 orders', 'int')).toBeNull();
  expect(literal('say "hi"', 'text')).toBe('"say \\"hi\\""');
  expect(plain('"say \\"hi\\""')).toBe('say "hi"');
  expect(plain('500.0')).toBe('500');
});

test('a threshold is changed where it stands, and nowhere else', () => {
  const text = 'buyer.orders >= 5 && order.amount > 500.0';
  expect(tuned(text, 0, 7)).toBe('buyer.orders >= 7 && order.amount > 500.0');
  expect(tuned(text, 21, 250)).toBe('buyer.orders >= 5 && order.amount > 250.0');
});

test('an unfinished card is left out of the text', () => {
  const group = { kind: 'group', joiner: 'all', is_not: false, items: [] } as const;
  const cards = { when: { ...group, items: [{ kind: 'cel', text: ' ' }] }, unless: group };
  expect(printed(cards as unknown as Cards)).toBe('');
});
