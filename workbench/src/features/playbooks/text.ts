// A playbook as it is being changed: its steps, and what a change of one means to the others.
import type { Schemas } from '@api/client';

export type PlaybookText = Required<Schemas['PlaybookText']>;
export type StepText = Required<Schemas['StepText']>;
export type Step = Schemas['PlaybookStep'];
export type Answer = Schemas['StepAnswer'];

export const UNITS = ['s', 'm', 'h', 'd'] as const;
export type Unit = (typeof UNITS)[number];
const UNIT_MS: Record<Unit, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const ANSWERS: readonly Answer[] = ['done', 'too_late', 'failed', 'not_connected'];
export const SAID: readonly Answer[] = ['confirmed', 'denied', 'timeout'];
export const STATES = ['unpaid', 'paid', 'not_shipped', 'shipped'] as const;

/** A time as files have it, `2h`; null where nothing is said. */
export function spanIn(text: string): { count: number; unit: Unit } | null {
  const found = /^(\d+)([smhd])$/.exec(text);
  return found ? { count: Number(found[1]), unit: found[2] as Unit } : null;
}

export function msOf(text: string): number {
  const span = spanIn(text);
  return span ? span.count * UNIT_MS[span.unit] : 0;
}

/** A step as the canvas and the words have it. */
export function stepOf(text: StepText): Step {
  return {
    step: text.step,
    action: text.action,
    after_ms: msOf(text.after),
    after_step: text.after_step || null,
    only_if: text.only_if || null,
    on: text.on,
    unless: text.unless,
    undoes: text.undoes || null,
    wait_ms: msOf(text.wait),
    due_ms: text.due ? msOf(text.due) : null,
    is_each: text.each,
    values: text.values,
  };
}

/** What may come back of a step: of people who are asked, or of who was to do it. */
export function answersOf(step: Pick<StepText, 'wait'> | undefined): readonly Answer[] {
  return step?.wait ? [...SAID, 'failed', 'not_connected'] : ANSWERS;
}

export function changed(text: PlaybookText, at: number, part: Partial<StepText>): PlaybookText {
  const former = text.steps[at]?.step;
  const steps = (text.steps as StepText[]).map((step, place) =>
    place === at ? { ...step, ...part } : step,
  );
  const name = part.step;
  return { ...text, steps: name && former ? renamed(steps, former, name, at) : steps };
}

export function added(text: PlaybookText, action: string): PlaybookText {
  const names = new Set(text.steps.map((step) => step.step));
  let number = text.steps.length + 1;
  while (names.has(`step_${number}`)) number += 1;
  const step: StepText = {
    step: `step_${number}`,
    action,
    after: '',
    after_step: '',
    only_if: '',
    on: null,
    unless: null,
    wait: '',
    give_up: '',
    undoes: '',
    within: '',
    each: false,
    values: {},
    due: '',
  };
  return { ...text, steps: [...text.steps, step] };
}

/** Without a step; what named it names nothing any more. */
export function removed(text: PlaybookText, at: number): PlaybookText {
  const name = text.steps[at]?.step ?? '';
  const rest = (text.steps as StepText[]).filter((_, place) => place !== at);
  return {
    ...text,
    steps: rest.map((step) => ({
      ...step,
      after_step: step.after_step === name ? '' : step.after_step,
      undoes: step.undoes === name ? '' : step.undoes,
      on: step.on?.step === name ? null : step.on,
      unless: step.unless?.step === name ? null : step.unless,
    })),
  };
}

export function moved(text: PlaybookText, at: number, by: number): PlaybookText {
  const steps = [...text.steps];
  const to = at + by;
  if (to < 0 || to >= steps.length) return text;
  const [step] = steps.splice(at, 1);
  if (step) steps.splice(to, 0, step);
  return { ...text, steps };
}

/** A line drawn from one step to a later one: it comes after that. */
export function joined(text: PlaybookText, from: string, to: string): PlaybookText {
  const names = text.steps.map((step) => step.step);
  const [first, second] = [names.indexOf(from), names.indexOf(to)];
  if (first < 0 || second <= first) return text;
  return changed(text, second, { after_step: from, on: null });
}

function renamed(steps: StepText[], from: string, to: string, at: number): StepText[] {
  const name = (one: string) => (one === from ? to : one);
  const branch = (one: StepText['on']) => one && { ...one, step: name(one.step) };
  return steps.map((step, place) =>
    place === at
      ? step
      : {
          ...step,
          after_step: name(step.after_step),
          undoes: name(step.undoes),
          on: branch(step.on),
          unless: branch(step.unless),
        },
  );
}
