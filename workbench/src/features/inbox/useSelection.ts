// Which rows are marked, and which one the keys speak of.
import { useCallback, useMemo, useState } from 'react';

export interface Selection {
  marked: ReadonlySet<string>;
  /** Mark or unmark a row; with `isRange` all from the last one on. */
  toggle: (caseId: string, isRange?: boolean) => void;
  markAll: () => void;
  clear: () => void;
}

export function useSelection(ids: readonly string[]): Selection {
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<string | null>(null);
  const toggle = useCallback(
    (caseId: string, isRange = false) => {
      setMarked((before) => {
        const after = new Set(before);
        const [from, to] = [last === null ? -1 : ids.indexOf(last), ids.indexOf(caseId)];
        if (isRange && from >= 0 && to >= 0) {
          ids.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => after.add(one));
        } else if (!after.delete(caseId)) {
          after.add(caseId);
        }
        return after;
      });
      setLast(caseId);
    },
    [ids, last],
  );
  const markAll = useCallback(() => setMarked(new Set(ids)), [ids]);
  const clear = useCallback(() => setMarked(new Set()), []);
  return useMemo(() => ({ marked, toggle, markAll, clear }), [marked, toggle, markAll, clear]);
}
