import { fireEvent, screen } from '@testing-library/react';
import { beforeEach, expect, test } from 'vitest';

import { answering, show } from '@testing/show';

import { FirstSteps } from './FirstSteps';
import { firstSteps, isBegun } from './firstSteps';

const RIGHTS = { rights: ['administer' as const], mode: 'shadow' as const };
const FRESH = { '/api/v1/shops': { items: [] }, '/api/v1/people': { items: [] } };

beforeEach(() => localStorage.clear());

test('a fresh installation leads an admin to its first shop', async () => {
  answering(FRESH);
  await show(<FirstSteps />, { session: RIGHTS });
  const link = await screen.findByRole('link', { name: 'Connect a shop' });
  expect(link.getAttribute('href')).toBe('/connectors?add=1');
});

test('who put it away is not asked again', async () => {
  answering(FRESH);
  await show(<FirstSteps />, { session: RIGHTS });
  fireEvent.click(await screen.findByRole('button', { name: /Put away/ }));
  expect(screen.queryByText('Connect a shop')).toBeNull();
  expect(localStorage.getItem('orderguard.first_steps')).toBe('away');
});

test('others are not bothered with it, and nothing is asked for', async () => {
  const asked = answering(FRESH);
  await show(<FirstSteps />);
  expect(asked).toEqual([]);
});

test('it ends when events come and a colleague is in, whether or not it acts', () => {
  const shops = [{ last_event_at: '2026-11-11T00:00:00Z' }];
  expect(isBegun(firstSteps({ shops, people: 1, mode: 'shadow' }))).toBe(true);
  expect(isBegun(firstSteps({ shops, people: 0, mode: 'live' }))).toBe(false);
  const silent = firstSteps({ shops: [{ last_event_at: null }], people: 1, mode: 'live' });
  expect(silent.filter(({ isDone }) => !isDone).map(({ name }) => name)).toEqual(['event']);
});
