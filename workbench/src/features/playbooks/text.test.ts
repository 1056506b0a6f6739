import { expect, test } from 'vitest';

import {
  added,
  changed,
  joined,
  moved,
  msOf,
  removed,
  stepOf,
  type PlaybookText,
  type StepText,
} from './text';

function playbook(): PlaybookText {
  const empty: PlaybookText = {
    title: { en: 'Ask', zh: '询问' },
    zone: 'Asia/Shanghai',
    holds_per_hour: null,
    steps: [],
  };
  let text = added(added(added(empty, 'sms'), 'lock_stock'), 'unlock_stock');
  text = changed(text, 0, { step: 'ask', wait: '2h' });
  text = changed(text, 1, { step: 'lock', after_step: 'ask' });
  return changed(text, 2, {
    step: 'unlock',
    undoes: 'lock',
    on: { step: 'ask', answers: ['denied'] },
    unless: { step: 'lock', answers: ['failed'] },
  });
}

test('a time is read in ms', () => {
  expect(['2h', '90m', '1d', '', 'soon'].map(msOf)).toEqual([
    7_200_000, 5_400_000, 86_400_000, 0, 0,
  ]);
});

test('who renames a step renames it wherever it is named', () => {
  const text = changed(changed(playbook(), 0, { step: 'question' }), 1, { step: 'hold' });
  expect(text.steps[1]?.after_step).toBe('question');
  expect(text.steps[2]).toMatchObject({
    undoes: 'hold',
    on: { step: 'question' },
    unless: { step: 'hold' },
  });
});

test('a step that is gone is named no more', () => {
  const text = removed(playbook(), 1);
  expect(text.steps.map((step) => step.step)).toEqual(['ask', 'unlock']);
  expect(text.steps[1]).toMatchObject({ undoes: '', unless: null, on: { step: 'ask' } });
});

test('new steps have names of their own, and steps change places', () => {
  const text = added(removed(playbook(), 0), 'notify');
  expect(new Set(text.steps.map((step) => step.step)).size).toBe(text.steps.length);
  expect(moved(playbook(), 2, -1).steps.map((step) => step.step)).toEqual([
    'ask',
    'unlock',
    'lock',
  ]);
  expect(moved(playbook(), 0, -1)).toEqual(playbook());
});

test('a line joins a step to an earlier one alone', () => {
  expect(joined(playbook(), 'ask', 'unlock').steps[2]).toMatchObject({
    after_step: 'ask',
    on: null,
  });
  expect(joined(playbook(), 'unlock', 'ask')).toEqual(playbook());
});

test('the canvas shows what the form says', () => {
  const [first] = playbook().steps as StepText[];
  if (!first) throw new Error('The playbook has steps.');
  const step = stepOf(first);
  expect(step).toMatchObject({ step: 'ask', wait_ms: 7_200_000, due_ms: null, after_step: null });
});
