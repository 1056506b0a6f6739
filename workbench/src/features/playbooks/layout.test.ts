import { expect, test } from 'vitest';

import type { Schemas } from '@api/client';
import { layout } from './layout';

const step = (name: string, more: object = {}): Schemas['PlaybookStep'] => ({
  step: name,
  action: 'notify',
  after_ms: 0,
  after_step: null,
  only_if: null,
  on: null,
  unless: null,
  undoes: null,
  wait_ms: 0,
  due_ms: null,
  is_each: false,
  values: {},
  ...more,
});

test('a step stands to the right of what it waits for', () => {
  const drawn = layout([
    step('ask'),
    step('lock'),
    step('cancel', { on: { step: 'ask', answers: ['denied'] } }),
    step('chase', { after_step: 'cancel' }),
  ]);
  const at = new Map(drawn.nodes.map((one) => [one.id, one.position]));
  expect(at.get('ask')?.x).toBe(at.get('lock')?.x);
  expect(at.get('ask')?.y).not.toBe(at.get('lock')?.y);
  expect(at.get('cancel')?.x).toBeGreaterThan(at.get('ask')?.x ?? Infinity);
  expect(at.get('chase')?.x).toBeGreaterThan(at.get('cancel')?.x ?? Infinity);
  expect(drawn.edges.map((one) => one.id)).toEqual(['ask>cancel', 'cancel>chase']);
  expect(drawn.edges[0]?.label).toBe('denied');
});
