// Where the steps of a playbook stand: each to the right of what it waits for.
import type { Schemas } from '@api/client';

type Step = Schemas['PlaybookStep'];
const COLUMN = 300;
const ROW = 110;

export function waitsFor(step: Step): string[] {
  const found = [step.after_step, step.on?.step, step.undoes].filter((one) => one != null);
  return [...new Set(found)];
}

export function layout(steps: readonly Step[], wordOf = (answer: string) => answer) {
  const depths = new Map<string, number>();
  const rows = new Map<number, number>();
  const nodes = steps.map((step) => {
    const before = waitsFor(step).map((one) => depths.get(one) ?? 0);
    const depth = before.length > 0 ? Math.max(...before) + 1 : 0;
    depths.set(step.step, depth);
    const row = rows.get(depth) ?? 0;
    rows.set(depth, row + 1);
    return {
      id: step.step,
      type: 'step',
      position: { x: depth * COLUMN, y: row * ROW },
      data: { step },
    };
  });
  const edges = steps.flatMap((step) =>
    waitsFor(step).map((from) => ({
      id: `${from}>${step.step}`,
      source: from,
      target: step.step,
      label: step.on?.step === from ? step.on.answers.map(wordOf).join(' / ') : '',
      animated: step.undoes === from,
    })),
  );
  return { nodes, edges };
}
