import type { Schemas } from '@api/client';

export type Action = Schemas['ActionOutside'];
export type ActionWord = 'stopped' | 'not_connected' | 'down' | 'rests' | 'well';

/** How an action fares, in a word: what a person did goes before what a provider does. */
export function wordOf(action: Action): ActionWord {
  if (action.is_stopped) return 'stopped';
  if (!action.is_connected) return 'not_connected';
  if (action.is_down) return 'down';
  return action.rests_ms ? 'rests' : 'well';
}

/** Steps that ended since the start. */
export function ended(action: Action): [string, number][] {
  return Object.entries(action.outcomes).filter(([, count]) => count > 0);
}
