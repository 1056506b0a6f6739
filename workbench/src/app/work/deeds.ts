// What a person does with cases, one or many, and takes back within seconds.
import { useSyncExternalStore } from 'react';

import { client, type Schemas } from '@api/client';
import { Refusal } from '@api/refusal';

export type Found = Pick<Schemas['Found'], 'disposition' | 'action'>;
export type Change = Partial<Omit<Schemas['Change'], 'comment'>> & { comment?: string };
type Bulk = Partial<Pick<Schemas['Bulk'], 'change' | 'found' | 'undo'>>;

export const UNDO_MS = 10_000;
/** The server counts from when it heard of it, which is before its answer is here. */
const ANSWER_MS = 400;
const TOGETHER_MAX = 100;

/** What a case may be found to be, by the name of its words; the first two have keys. */
export type Verdict = 'release' | 'cancel' | 'refund' | 'unclear' | 'no_fault' | 'dealt_with';

export const FOUND: Record<Verdict, Found> = {
  release: { disposition: 'false_alarm', action: 'release' },
  cancel: { disposition: 'confirmed', action: 'cancel' },
  refund: { disposition: 'confirmed', action: 'ask_refund' },
  unclear: { disposition: 'inconclusive', action: 'none' },
  no_fault: { disposition: 'false_alarm', action: 'none' },
  dealt_with: { disposition: 'confirmed', action: 'none' },
};

/** The verdicts on a case; `e` is the first, `h` the second. */
export function verdictsOf(kind: Schemas['AlertKind']): readonly Verdict[] {
  return kind === 'risk'
    ? ['release', 'cancel', 'refund', 'unclear']
    : ['no_fault', 'dealt_with', 'unclear'];
}

export interface Deed {
  caseIds: readonly string[];
  /** What was done: a key of `work.done`. */
  what: Verdict | 'assigned' | 'moved';
  /** In ms of `Date.now()`: until then it may be taken back. */
  until: number;
  undo: () => Promise<void>;
}

export interface Outcome {
  done: string[];
  refused: { caseId: string; detail: string }[];
}

let deed: Deed | null = null;
const readers = new Set<() => void>();
const onUndone = new Set<(caseIds: readonly string[]) => void>();

function set(next: Deed | null): void {
  deed = next;
  readers.forEach((reader) => reader());
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

/** The last thing done, as long as it may be taken back. */
export function useDeed(): Deed | null {
  return useSyncExternalStore(subscribe, () => deed);
}

export function forgetDeed(): void {
  set(null);
}

export function listenToUndone(listener: (caseIds: readonly string[]) => void): () => void {
  onUndone.add(listener);
  return () => onUndone.delete(listener);
}

async function bulk(caseIds: readonly string[], what: Bulk): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [] };
  for (let first = 0; first < caseIds.length; first += TOGETHER_MAX) {
    const some = caseIds.slice(first, first + TOGETHER_MAX);
    const { data } = await client.POST('/api/v1/cases/bulk', { body: { case_ids: some, ...what } });
    for (const one of data?.items ?? []) {
      if (one.status === 200) outcome.done.push(one.case_id);
      else outcome.refused.push({ caseId: one.case_id, detail: one.detail });
    }
  }
  return outcome;
}

/** Raise what the server said where it refused everything that was asked. */
function insist(outcome: Outcome): Outcome {
  const [first] = outcome.refused;
  if (first && outcome.done.length === 0)
    throw new Refusal({ status: 409, title: first.detail, detail: first.detail });
  return outcome;
}

function remember(outcome: Outcome, what: Deed['what'], undo: () => Promise<void>): void {
  if (outcome.done.length === 0) return;
  set({ caseIds: outcome.done, what, until: Date.now() + UNDO_MS - ANSWER_MS, undo });
}

/** Decide cases, each as it is said. What others decided meanwhile comes back as `refused`. */
export async function decide(said: ReadonlyMap<string, Verdict>): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [] };
  for (const verdict of new Set(said.values())) {
    const ids = [...said.keys()].filter((caseId) => said.get(caseId) === verdict);
    const { done, refused } = await bulk(ids, { found: { comment: '', ...FOUND[verdict] } });
    outcome.done.push(...done);
    outcome.refused.push(...refused);
  }
  const [first] = said.values();
  if (first) {
    remember(outcome, first, async () => {
      insist(await bulk(outcome.done, { undo: true }));
    });
  }
  return insist(outcome);
}

/** Give cases to somebody, or to another inbox; `before` says who had each. */
export async function change(
  caseIds: readonly string[],
  next: Change,
  before: (caseId: string) => Change,
): Promise<Outcome> {
  const outcome = insist(await bulk(caseIds, { change: { comment: '', ...next } }));
  const groups = new Map<string, string[]>();
  for (const caseId of outcome.done) {
    const former = JSON.stringify(before(caseId));
    groups.set(former, [...(groups.get(former) ?? []), caseId]);
  }
  remember(outcome, next.inbox ? 'moved' : 'assigned', async () => {
    for (const [former, ids] of groups)
      insist(await bulk(ids, { change: { comment: '', ...(JSON.parse(former) as Change) } }));
  });
  return outcome;
}

/** Take the last thing back; null where it is too late, or nothing was done. */
export async function undo(): Promise<readonly string[] | null> {
  const last = deed;
  if (!last || Date.now() > last.until) return null;
  set(null);
  await last.undo();
  onUndone.forEach((listener) => listener(last.caseIds));
  return last.caseIds;
}

const INBOX_OF: Partial<Record<string, Schemas['Inbox']>> = {
  service: 'service',
  risk: 'risk',
  operations: 'operations',
  finance: 'finance',
};

/** Take the most urgent case that nobody has, of the role's own inbox; null where none waits. */
export async function takeNext(role: string): Promise<string | null> {
  try {
    const { data } = await client.POST('/api/v1/cases/take-next', {
      body: { inbox: INBOX_OF[role] ?? null },
    });
    return data?.case_id ?? null;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}
