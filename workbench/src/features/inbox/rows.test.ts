import { expect, test } from 'vitest';

import type { Schemas } from '@api/client';

import { Rows, rowOf } from './rows';
import { isSameQuery, savedViews, saveView, dropView } from './saved';
import { arrange, fits, readView, writeView, type Row } from './view';

const VIEW = readView(new URLSearchParams());

function row(caseId: string, change: Partial<Row> = {}): Row {
  return {
    case_id: caseId,
    severity: 'high',
    status: 'open',
    kind: 'risk',
    inbox: 'risk',
    assignee: null,
    due_at: '2026-11-11T00:30:00.000+08:00',
    created_at: '2026-11-11T00:00:00.000+08:00',
    updated_at: '2026-11-11T00:00:00.000+08:00',
    escalations: 0,
    rules: ['velocity.same_item_burst'],
    subject: { type: 'buyer', key: 'zhao' },
    channel: 'standard',
    shop: 'demo',
    score: 60,
    orders: 5,
    order_id: `${caseId}-5`,
    alert_ids: [`alert-of-${caseId}`],
    disposition: null,
    undo_until: null,
    ...change,
  };
}

function told(caseId: string, change: Partial<Schemas['Case']> = {}): Schemas['Case'] {
  return {
    case_id: caseId,
    alert_ids: [`alert-of-${caseId}`],
    order_ids: [`${caseId}-1`],
    severity: 'high',
    status: 'open',
    kind: 'risk',
    inbox: 'risk',
    assignee: null,
    due_at: '2026-11-11T00:30:00.000+08:00',
    created_at: '2026-11-11T00:00:00.000+08:00',
    updated_at: '2026-11-11T00:00:00.000+08:00',
    escalations: 0,
    disposition: null,
    undo_until: null,
    action: null,
    comment: null,
    decided_by: null,
    decided_at: null,
    comments: [],
    checks: [],
    merged_into: null,
    ...change,
  };
}

test('a view is the same after it went through the address', () => {
  const query =
    'status=all&severity=high%2Ccritical&inbox=risk&who=me&rule=a.b%2Cc.d&q=zhao&sort=due';
  const view = readView(new URLSearchParams(query));
  expect(view.severities).toEqual(['high', 'critical']);
  expect(view.rules).toEqual(['a.b', 'c.d']);
  expect(writeView(view).toString()).toBe(query);
  expect(writeView(VIEW).toString()).toBe('');
  expect(readView(new URLSearchParams('status=nonsense&who=x')).standing).toBe('waiting');
});

test('filters ask for what they say', () => {
  const fit = (query: string, change: Partial<Row>) =>
    fits(row('one', change), readView(new URLSearchParams(query)), 'li');
  expect(fit('', {})).toBe(true);
  expect(fit('', { status: 'closed' })).toBe(false);
  expect(fit('', { status: 'waiting' })).toBe(true);
  expect(fit('status=closed', { status: 'closed' })).toBe(true);
  expect(fit('status=all', { status: 'merged' })).toBe(false);
  expect(fit('who=me', { assignee: 'wang' })).toBe(false);
  expect(fit('who=me', { assignee: 'li' })).toBe(true);
  expect(fit('who=nobody', { assignee: 'li' })).toBe(false);
  expect(fit('severity=critical', {})).toBe(false);
  expect(fit('rule=velocity.same_item_burst', {})).toBe(true);
  expect(fit('rule=device.shared', {})).toBe(false);
  expect(fit('q=ZHAO', {})).toBe(true);
  expect(fit('q=one-5', {})).toBe(true);
  expect(fit('q=qian', {})).toBe(false);
});

test('the most severe stands first, then the one due first', () => {
  const rows = [
    row('late', { due_at: '2026-11-11T00:10:00.000+08:00' }),
    row('grave', { severity: 'critical' }),
    row('later'),
  ];
  expect(arrange(rows, VIEW, 'li')).toEqual(['grave', 'late', 'later']);
  expect(arrange(rows, { ...VIEW, sort: 'due' }, 'li')).toEqual(['late', 'grave', 'later']);
});

test('what is shown keeps its order while others come, change and go', () => {
  const rows = new Rows(VIEW, 'li');
  rows.page([row('a'), row('b'), row('c')]);
  const before = rows.snapshot().ids;
  rows.batch([told('new', { severity: 'critical' }), told('b', { status: 'closed' })], []);
  expect(rows.snapshot()).toMatchObject({ ids: before, fresh: 1, stale: 1 });
  rows.batch([told('a', { severity: 'critical', assignee: 'wang' })], []);
  expect(rows.snapshot().ids).toBe(before);
  expect(rows.rows.get('a')?.assignee).toBe('wang');
  rows.batch([told('b', { status: 'open' })], []);
  expect(rows.snapshot()).toMatchObject({ fresh: 1, stale: 0 });
  rows.tidy();
  expect(rows.snapshot()).toMatchObject({ ids: ['a', 'new', 'b', 'c'], fresh: 0, stale: 0 });
});

test('fifty updates a second among ten thousand rows move none of them', () => {
  const rows = new Rows(VIEW, 'li');
  rows.page(Array.from({ length: 10_000 }, (_, n) => row(`case-${n}`)));
  const before = rows.snapshot().ids;
  expect(before).toHaveLength(10_000);
  for (let turn = 0; turn < 4; turn += 1) {
    const some = Array.from({ length: 13 }, (_, n) =>
      told(`case-${turn * 700 + n}`, n % 2 ? { assignee: 'wang' } : { status: 'closed' }),
    );
    rows.batch(some, []);
  }
  expect(rows.snapshot().ids).toBe(before);
  expect(rows.snapshot().stale).toBe(28);
});

test('a page that comes late does not undo what the stream told', () => {
  const rows = new Rows(VIEW, 'li');
  rows.batch([told('a', { assignee: 'wang', updated_at: '2026-11-11T00:05:00.000+08:00' })], []);
  rows.page([row('a')]);
  expect(rows.rows.get('a')?.assignee).toBe('wang');
});

test('once all are here, what is asked for anew after a gap moves nothing', () => {
  const rows = new Rows(VIEW, 'li');
  rows.page([row('a'), row('b')]);
  rows.settle();
  rows.patch(['a'], { status: 'closed' });
  rows.page([row('c', { severity: 'critical' }), row('b')]);
  expect(rows.snapshot()).toMatchObject({ ids: ['a', 'b'], fresh: 1, stale: 1 });
});

test('a case of the stream has its rules from its alert', () => {
  const alert = { alert_id: 'alert-of-x', rules: ['device.shared'], score: 70 } as Schemas['Alert'];
  const made = rowOf(told('x'), undefined, new Map([['alert-of-x', alert]]));
  expect(made).toMatchObject({ rules: ['device.shared'], score: 70, orders: 1, order_id: 'x-1' });
  expect(rowOf(told('x'), row('x'), new Map()).rules).toEqual(['velocity.same_item_burst']);
});

test('named views are kept in the browser, one of each name', () => {
  saveView({ name: 'night', query: 'severity=high' });
  saveView({ name: 'night', query: 'severity=critical' });
  expect(savedViews()).toEqual([{ name: 'night', query: 'severity=critical' }]);
  expect(dropView('night')).toEqual([]);
  localStorage.setItem('orderguard.inbox.views', '{broken');
  expect(savedViews()).toEqual([]);
  expect(isSameQuery('a=1&b=x%2Cy', 'b=x,y&a=1')).toBe(true);
});
