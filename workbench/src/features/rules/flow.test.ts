import { expect, test } from 'vitest';

import type { Schemas } from '@api/client';
import { readView, writeViewport } from './canvasView';
import { flowOf, proposed, reachedFrom, rewiring, valuesOf } from './flow';

type Row = Schemas['Row'];

function rule(id: string, changed: Partial<Row> = {}): Row {
  return {
    id,
    pack: 'amount',
    title: { en: id, zh: id },
    status: 'live',
    kind: 'risk',
    severity: 'medium',
    is_on: true,
    hits: 3,
    orders: 3,
    precision: null,
    false_alarms: 0,
    draft_by: null,
    draft_severity: null,
    draft_names: [],
    names: ['order.amount'],
    ...changed,
  };
}

const PLANS = [
  { id: 'low', severity: 'low' as const },
  { id: 'high', severity: 'high' as const },
];

const rewired = (rows: readonly Row[], from: string, to: string) =>
  rewiring({ rows, playbooks: PLANS }, from, to);

function operand(name: string, kind: Schemas['Operand']['kind']): Schemas['Operand'] {
  return {
    name,
    title: { en: name, zh: name },
    type: 'int',
    unit: '',
    normal: null,
    kind,
    by: [],
    window_ms: null,
    channels: ['standard'],
    used_by: [],
  };
}

const OPERANDS = [
  operand('order.amount', null),
  operand('order.discount', null),
  operand('buyer.orders_10m', 'count'),
];
const CATALOGUE: Schemas['Catalogue'] = { operands: OPERANDS, entities: [], channels: [] };

const told = (rows: Row[]) =>
  flowOf(rows, CATALOGUE, []).lines.map(({ from, to, isDraft }) =>
    [from, to, ...(isDraft ? ['draft'] : [])].join(' '),
  );

test('a rule leads from what it reads to its severity', () => {
  expect(told([rule('a', { names: ['buyer.orders_10m'] })])).toEqual([
    'rules:a severity:medium',
    'facts:buyer features:buyer.orders_10m',
    'features:buyer.orders_10m rules:a',
    'listen:standard facts:buyer',
  ]);
});

test('what only a draft says is a line of its own', () => {
  const changed = rule('a', {
    draft_by: 'fen',
    draft_severity: 'high',
    draft_names: ['order.amount', 'buyer.orders_10m'],
  });
  expect(told([changed])).toEqual([
    'rules:a severity:medium',
    'rules:a severity:high draft',
    'facts:order rules:a',
    'listen:standard facts:order',
    'facts:buyer features:buyer.orders_10m draft',
    'features:buyer.orders_10m rules:a draft',
    'listen:standard facts:buyer draft',
  ]);
});

test('a rule that only is a draft judges by none of its lines', () => {
  const lines = told([rule('own.a', { status: 'draft', draft_severity: 'medium' })]);
  expect(lines.every((line) => line.endsWith('draft'))).toBe(true);
});

test('a line that one rule judges by is no draft because of another', () => {
  const lines = told([
    rule('own.b', { status: 'draft', names: ['buyer.orders_10m'] }),
    rule('a', { names: ['buyer.orders_10m'] }),
  ]);
  expect(lines).toContain('facts:buyer features:buyer.orders_10m');
});

test('all severities are there to be led to, the worst on top, with their hits', () => {
  const { places } = flowOf([rule('a'), rule('b')], CATALOGUE, []);
  const ladder = places.filter((one) => one.layer === 'severity');
  expect(ladder.map((one) => [one.name, one.count])).toEqual([
    ['critical', 0],
    ['high', 0],
    ['medium', 6],
    ['low', 0],
    ['info', 0],
  ]);
  const rows = ladder.map((one) => one.row);
  expect(rows).toEqual([...rows].sort((a, b) => a - b));
  expect(new Set(rows).size).toBe(5);
});

test('a value counts the rules that read it', () => {
  const { places } = flowOf([rule('a'), rule('b')], CATALOGUE, []);
  expect(places.find((one) => one.id === 'facts:order')?.count).toBe(2);
});

test('what is chosen reaches up and down, and no further', () => {
  const flow = flowOf([rule('a'), rule('b', { severity: 'high' })], CATALOGUE, []);
  expect([...reachedFrom(flow, 'rules:b')].sort()).toEqual([
    'facts:order',
    'listen:standard',
    'rules:b',
    'severity:high',
  ]);
});

test('a line from a rule to a severity proposes it, unless it is proposed already', () => {
  const rows = [rule('a', { draft_by: 'fen', draft_severity: 'high' })];
  expect(rewired(rows, 'rules:a', 'severity:low')).toEqual({
    kind: 'severity',
    rule: 'a',
    severity: 'low',
  });
  expect(rewired(rows, 'rules:a', 'severity:high')).toBeNull();
  expect(rewired(rows, 'rules:a', 'severity:medium'), 'back to what judges now').not.toBeNull();
  expect(rewired(rows, 'rules:gone', 'severity:low')).toBeNull();
  expect(rows.map(proposed)).toEqual(['high']);
});

test('a line from a value to a rule asks for a condition; others mean nothing', () => {
  const rows = [rule('a')];
  const wanted = { kind: 'condition', rule: 'a' };
  expect(rewired(rows, 'features:buyer.orders_10m', 'rules:a')).toEqual(wanted);
  expect(rewired(rows, 'facts:order', 'rules:a')).toEqual(wanted);
  for (const [from, to] of [
    ['listen:standard', 'rules:a'],
    ['features:buyer.orders_10m', 'severity:low'],
    ['severity:low', 'playbook:low'],
    ['severity:info', 'playbook:low'],
    ['playbook:low', 'severity:high'],
    ['rules:a', 'rules:b'],
  ] as const)
    expect(rewired(rows, from, to)).toBeNull();
});

test('a line from a severity to a playbook asks for its steps in the own one', () => {
  const wanted = { kind: 'steps', playbook: 'low', as: 'high' };
  expect(rewired([], 'severity:low', 'playbook:high')).toEqual(wanted);
});

test('a fact stands for all that is told of it, a feature for itself', () => {
  expect(valuesOf({ layer: 'facts', name: 'order' }, OPERANDS)).toEqual([
    'order.amount',
    'order.discount',
  ]);
  expect(valuesOf({ layer: 'features', name: 'buyer.orders_10m' }, OPERANDS)).toEqual([
    'buyer.orders_10m',
  ]);
  expect(valuesOf({ layer: 'rules', name: 'a' }, OPERANDS)).toHaveLength(3);
});

test('the view is read from the address as it was written there', () => {
  const viewport = { x: -120, y: 48, zoom: 0.625 };
  const query = new URLSearchParams({ view: writeViewport(viewport), at: 'rules:a', to: 'high' });
  expect(readView(query)).toEqual({ viewport, at: 'rules:a', to: 'high', of: null });
  expect(readView(new URLSearchParams({ view: '1,2', to: 'worst' }))).toEqual({
    viewport: null,
    at: null,
    to: null,
    of: null,
  });
});
