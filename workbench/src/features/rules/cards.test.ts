import { expect, test } from 'vitest';

import { literal, NOTHING, plain, printed, tuned, withTest } from './cards';
import type { Cards, Tested } from './cards';
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

test('one more test has to hold too, whatever the others are joined by', () => {
  const amount: Tested = {
    kind: 'test',
    name: 'order.amount',
    operator: '>',
    values: ['5.0'],
    other: '',
  };
  const isNew: Tested = { ...amount, name: 'buyer.is_new', operator: 'isTrue', values: [] };
  const cards = (joiner: 'all' | 'any', items: Tested[], is_not = false): Cards => ({
    when: { ...NOTHING, joiner, items, is_not },
    unless: null,
  });
  const more = { ...amount, name: 'order.discount' };
  const text = (of: Cards) => printed(withTest(of, more));
  expect(text({ when: NOTHING, unless: null })).toBe('order.discount > 5.0');
  expect(text(cards('any', [amount]))).toBe('order.amount > 5.0 && order.discount > 5.0');
  expect(text(cards('any', [amount, isNew]))).toBe(
    '(order.amount > 5.0 || buyer.is_new) && order.discount > 5.0',
  );
  expect(text(cards('all', [amount, isNew], true))).toBe(
    '!(order.amount > 5.0 && buyer.is_new) && order.discount > 5.0',
  );
});
