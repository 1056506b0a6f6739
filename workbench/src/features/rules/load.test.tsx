import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';

import { answering, show } from '@testing/show';
import { aDay, heldAgainst } from './load';
import { TeamLoad } from './TeamLoad';

const TEAM = {
  days: 14,
  opened_per_day: 35,
  decided_per_day: 40,
  busiest_day: 45,
  people: 3,
  waiting: 120,
};

test('room that is left is left', () => {
  expect(heldAgainst(3, TEAM)).toEqual({ kind: 'keeps_up', n: 2 });
  expect(heldAgainst(5, TEAM)).toEqual({ kind: 'keeps_up', n: 0 });
});

test('more than on most days is a stretch up to the busiest one, then too much', () => {
  expect(heldAgainst(10, TEAM)).toEqual({ kind: 'stretched', n: 5 });
  expect(heldAgainst(18, TEAM)).toEqual({ kind: 'behind', n: 13 });
});

test('nothing new needs nobody, and of who never decided nothing is said', () => {
  expect(heldAgainst(0, TEAM).kind).toBe('none');
  const idle = { ...TEAM, decided_per_day: 0, busiest_day: 0, people: 0 };
  expect(heldAgainst(0, idle).kind).toBe('none');
  expect(heldAgainst(18, idle).kind).toBe('unknown');
});

test('a part of a case is told only where there are few', () => {
  expect([aDay(0.14), aDay(9.96), aDay(1234.5)]).toEqual(['0.1', '10', '1,235']);
});

test('the page says plainly how many would be left over', async () => {
  answering({ '/api/v1/previews/workload': TEAM });
  await show(<TeamLoad more={18} severity="high" />);
  const held = await screen.findByText(/^The team falls behind/);
  expect(held.textContent).toBe(
    'The team falls behind: 18 more a day; it decides 40 and gets 35, ' +
      'so 13 would be left over each day.',
  );
  expect(screen.getByText('120')).toBeTruthy();
  expect(screen.queryByText(/only where the playbook asks/)).toBeNull();
});

test('a mild rule opens cases only by its playbook', async () => {
  answering({ '/api/v1/previews/workload': TEAM });
  await show(<TeamLoad more={2} severity="low" />, { language: 'en' });
  const held = await screen.findByRole('region');
  expect(held.dataset.held).toBe('keeps_up');
  expect(screen.getByText(/only where the playbook asks/)).toBeTruthy();
});
