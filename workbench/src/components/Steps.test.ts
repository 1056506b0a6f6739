import { expect, test } from 'vitest';

import { answersOf } from './Steps';

test('answers are told once with their number, and done is told by the state alone', () => {
  const one = (answer: string | null) => ({ answer, detail: 'as told' });
  expect(answersOf([one('done'), one('too_late'), one(null), one('too_late')])).toEqual([
    ['too_late', { times: 2, detail: 'as told' }],
  ]);
});
