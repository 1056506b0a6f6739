import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';

import Orders from './index';
import { readWanted, writeWanted } from './search';

test('what is looked for stands in the address', () => {
  const query = 'q=zhao&status=paid&risk=high&held=1';
  expect(writeWanted(readWanted(new URLSearchParams(query))).toString()).toBe(query);
  expect(readWanted(new URLSearchParams('risk=nonsense&held=0'))).toEqual({});
});

test('nothing found says how far was looked, and leads on', async () => {
  const asked = answering({
    '/api/v1/orders': { items: [], next_cursor: null, looked_at: 2000 },
    '/api/v1/rules': { items: [], next_cursor: null },
  });
  await show(<Orders />, { language: 'en', at: '/?q=SF1' });
  expect(await screen.findByText(/Nothing found among the newest 2,000 orders/)).toBeTruthy();
  expect(asked.some(({ url }) => url.includes('q=SF1'))).toBe(true);
});
