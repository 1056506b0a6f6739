import { fireEvent, screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';

import Inbox from './index';

const MAY = { rights: ['decide_cases'] as ('decide_cases' | 'change_lists')[] };

test('an empty inbox says what will appear', async () => {
  answering({ '/api/v1/inbox': { items: [], next_cursor: null }, '/api/v1/rules': { items: [] } });
  await show(<Inbox />, { language: 'en', session: MAY });
  expect(await screen.findByText(/Orders that need a person will appear here/)).toBeTruthy();
});

test('the keys are told by a question mark, and not while somebody types', async () => {
  answering({ '/api/v1/inbox': { items: [], next_cursor: null }, '/api/v1/rules': { items: [] } });
  await show(<Inbox />, { language: 'en', session: MAY });
  const search = await screen.findByRole('textbox', { name: 'Find in the list' });
  fireEvent.keyDown(search, { key: '?' });
  expect(screen.queryByText('take the most urgent')).toBeNull();
  fireEvent.keyDown(document.body, { key: '?' });
  expect(await screen.findByText('take the most urgent')).toBeTruthy();
});

test('a slash leads to the search', async () => {
  answering({ '/api/v1/inbox': { items: [], next_cursor: null }, '/api/v1/rules': { items: [] } });
  await show(<Inbox />, { language: 'zh', session: MAY });
  await screen.findByRole('textbox', { name: '在列表中查找' });
  fireEvent.keyDown(document.body, { key: '/' });
  const focused = () => document.activeElement?.getAttribute('aria-label');
  await waitFor(() => expect(focused()).toBe('在列表中查找'));
});
