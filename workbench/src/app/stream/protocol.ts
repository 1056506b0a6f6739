// What the hub, which has the one event stream of a browser, and the pages say to each other.
import type { Schemas } from '@api/client';

/** `waiting`: the line broke, and is tried again after a while. */
export type LineState = 'connecting' | 'live' | 'waiting' | 'signed-out';

/** What came in since the last batch; of what changed twice only the newest. */
export interface Batch {
  kind: 'batch';
  alerts: Schemas['Alert'][];
  cases: Schemas['Case'][];
  health: Schemas['Health'] | null;
}

export interface Line {
  kind: 'line';
  state: LineState;
  /** Something may have been missed: what is shown must be asked for anew. */
  gap: boolean;
}

export type FromHub = Batch | Line;

/** `hello` on arrival and then as a sign of life; `bye` when the page goes. */
export type ToHub = { kind: 'hello' } | { kind: 'bye' } | { kind: 'signed-out' };
