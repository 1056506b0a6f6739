// A clock's time in the shop's zone, which knows no summer time.
const OFFSET = '+08:00';

/** `2026-11-11T00:00` as people pick it, with the zone it is meant in. */
export function instantOf(picked: string): string {
  return `${picked.length === 16 ? `${picked}:00` : picked}${OFFSET}`;
}
