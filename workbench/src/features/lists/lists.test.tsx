import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import Lists from './index';
import { badShare, endOf } from './view';

const LISTED = {
  list: 'block',
  kind: 'phone',
  value: 'token',
  shown: '138****8000',
  reason: 'resold',
  until: null,
  by: 'li',
  listed_at: '2026-11-11T00:00:00+08:00',
};

test('an end is of the shop zone, and none is for ever', () => {
  expect(endOf('2026-11-12T08:30')).toBe('2026-11-12T08:30:00+08:00');
  expect(endOf('')).toBeNull();
});

test('of a profile without known outcomes no share is told', () => {
  expect(badShare({ confirmed_bad: 0, confirmed_good: 0 })).toBeNull();
  expect(badShare({ confirmed_bad: 1, confirmed_good: 3 })).toBe(0.25);
});

test('who may not change lists sees who is on them, and no button', async () => {
  answering({ '/api/v1/lists': { items: [LISTED], next_cursor: null } });
  await show(<Lists />, { language: 'en', session: { rights: [] } });
  expect(await screen.findByText('138****8000')).toBeTruthy();
  expect(screen.getByText('until taken off')).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Take off' })).toBeNull();
});

test('an unknown profile is said to be unknown', async () => {
  answering({
    '/api/v1/lists': { items: [], next_cursor: null },
    '/api/v1/profiles/buyer/b-1': { status: 404, title: 'Not Found', detail: 'Nothing.' },
  });
  await show(<Lists />, { language: 'en', at: '/?key=b-1' });
  expect(await screen.findByText(/Nothing is remembered/)).toBeTruthy();
});
