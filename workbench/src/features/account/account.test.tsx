import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import Account from './index';

const SESSION = { name: 'li', role: 'risk', rights: ['decide_cases'], mode: 'live', version: '1' };

test('who is signed in is named with what they may do', async () => {
  answering({ '/api/v1/session': SESSION });
  await show(<Account />, { language: 'en' });
  expect(await screen.findByText('li')).toBeTruthy();
  expect(screen.getByText('Risk')).toBeTruthy();
  expect(screen.getByText('work on cases')).toBeTruthy();
});

test('a refusal says what the server said, and can be tried again', async () => {
  answering({ '/api/v1/session': { status: 403, title: 'Forbidden', detail: 'Not for you.' } });
  await show(<Account />, { language: 'zh' });
  expect(await screen.findByText('Not for you.')).toBeTruthy();
  expect(screen.getByRole('button', { name: /重\s*试/ })).toBeTruthy();
});
