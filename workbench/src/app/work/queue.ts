// The cases that wait behind the one that is open, in the order of the list it was opened from. Of
// this browser tab alone, for it is what its person is about to do.
const KEPT_AS = 'orderguard.queue';
const KEPT_MAX = 500;

function kept(): string[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? '[]');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

const FROM_KEPT_AS = 'orderguard.queue.from';

/** Remember the list that cases are opened from, as the query of its address. */
export function keepFrom(search: string): void {
  sessionStorage.setItem(FROM_KEPT_AS, search);
}

export function addressOfList(): string {
  return `/inbox${sessionStorage.getItem(FROM_KEPT_AS) ?? ''}`;
}

export function keepQueue(caseIds: readonly string[]): void {
  sessionStorage.setItem(KEPT_AS, JSON.stringify(caseIds.slice(0, KEPT_MAX)));
}

/** The case after this one; null where none waits. */
export function nextInQueue(caseId: string): string | null {
  const ids = kept();
  return ids[ids.indexOf(caseId) + 1] ?? null;
}

/** How many wait behind this one. */
export function leftInQueue(caseId: string): number {
  const ids = kept();
  return ids.length - ids.indexOf(caseId) - 1;
}

export function dropFromQueue(caseIds: readonly string[]): void {
  const gone = new Set(caseIds);
  keepQueue(kept().filter((one) => !gone.has(one)));
}
