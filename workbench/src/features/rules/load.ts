// New cases a day against what a team decides a day.
import type { Schemas } from '@api/client';

export interface Held {
  /** `stretched`: more than it decides on most days, but not more than it once did on one. */
  kind: 'unknown' | 'none' | 'keeps_up' | 'stretched' | 'behind';
  /** Cases a day: room that is left, or cases that are left over. */
  n: number;
}

export function heldAgainst(more: number, team: Schemas['TeamLoad']): Held {
  if (more <= 0) return { kind: 'none', n: 0 };
  if (team.decided_per_day <= 0) return { kind: 'unknown', n: 0 };
  const comes = team.opened_per_day + more;
  const over = comes - team.decided_per_day;
  if (over <= 0) return { kind: 'keeps_up', n: Math.abs(over) };
  return { kind: comes <= team.busiest_day ? 'stretched' : 'behind', n: over };
}

/** Cases a day as people say them: a part of one only where there are few. */
export function aDay(cases: number): string {
  return (cases < 10 ? Math.round(cases * 10) / 10 : Math.round(cases)).toLocaleString();
}
