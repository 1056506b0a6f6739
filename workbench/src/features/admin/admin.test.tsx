import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import Admin from './index';
import { NAME } from './roles';
import { shown } from './shown';

const AT = '2026-11-11T00:00:00+08:00';
const NONE = { items: [], next_cursor: null };

test('a name has no spaces and slashes', () => {
  expect(NAME.test('mei')).toBe(true);
  expect(NAME.test('mei li')).toBe(false);
  expect(NAME.test('a/b')).toBe(false);
});

test('an empty setting is a dash, and false is a value', () => {
  expect(shown('')).toBe('–');
  expect(shown(false)).toBe('false');
});

test('nobody is offered to remove themselves', async () => {
  const people = ['li', 'mei'].map((name) => ({ name, role: 'admin', added_at: AT }));
  answering({ '/api/v1/people': { items: people, next_cursor: null }, '/api/v1/tokens': NONE });
  await show(<Admin />, { language: 'en' });
  expect(await screen.findByText('mei')).toBeTruthy();
  expect(screen.getAllByRole('button', { name: 'Remove' })).toHaveLength(1);
});

test('what is wrong is told with how to mend it', async () => {
  const findings = [{ check: 'disk', grade: 'fault', found: 'Full.', mend: 'Tidy up.' }];
  const asked = answering({
    '/api/v1/people': NONE,
    '/api/v1/tokens': NONE,
    '/api/v1/installation/examination': { is_well: false, findings },
  });
  await show(<Admin />, { language: 'en' });
  await userEvent.click(screen.getByRole('tab', { name: 'Health' }));
  expect(await screen.findByText('Tidy up.')).toBeTruthy();
  // The server is asked in the language of the page.
  expect(asked.map((one) => one.headers.get('accept-language'))).toEqual(asked.map(() => 'en'));
});
