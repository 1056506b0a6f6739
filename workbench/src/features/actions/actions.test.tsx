import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import Actions from './index';
import { ended, wordOf, type Action } from './state';

const ACTION: Action = {
  name: 'notify',
  title: { zh: '通知', en: 'Notify' },
  is_connected: true,
  is_repeatable: false,
  sends_codes: false,
  asked_by: [{ playbook: 'high', step: 'tell' }],
  is_stopped: false,
  is_down: false,
  rests_ms: 0,
  outcomes: {},
};

test('what a person stopped goes before how the provider fares', () => {
  expect(wordOf(ACTION)).toBe('well');
  expect(wordOf({ ...ACTION, is_down: true })).toBe('down');
  expect(wordOf({ ...ACTION, is_down: true, is_stopped: true })).toBe('stopped');
  expect(wordOf({ ...ACTION, is_connected: false, is_down: null })).toBe('not_connected');
});

test('only outcomes that happened are told', () => {
  const outcomes = { done: 2, failed: 0 } as unknown as Action['outcomes'];
  expect(ended({ ...ACTION, outcomes })).toEqual([['done', 2]]);
});

test('who may not stop an action sees its switch, which is still', async () => {
  const none = { items: [], next_cursor: null };
  answering({
    '/api/v1/actions': { items: [ACTION], next_cursor: null },
    '/api/v1/outbox': none,
    '/api/v1/stops': none,
  });
  await show(<Actions />, { language: 'en', session: { rights: [] } });
  const button = await screen.findByRole('switch', { name: 'Notify runs' });
  expect(button.hasAttribute('disabled')).toBe(true);
});
