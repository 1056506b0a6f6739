// The row that the keys speak of: by its id, so that it stays the same when others come or go.
import { useCallback, useMemo, useState } from 'react';

import { isWaiting, type Row } from './view';

const KEPT_AS = 'orderguard.inbox.at';

export interface Cursor {
  at: string | null;
  move: (caseId: string | null) => void;
  step: (by: 1 | -1) => void;
  /** The next row below that waits and is none of these; else the next above; else the same. */
  after: (decided: ReadonlySet<string>, rows: ReadonlyMap<string, Row>) => string | null;
}

export function useCursor(ids: readonly string[]): Cursor {
  const [chosen, choose] = useState<string | null>(() => sessionStorage.getItem(KEPT_AS));
  const isThere = chosen !== null && ids.includes(chosen);
  const at = isThere ? chosen : (ids[0] ?? null);
  const move = useCallback((caseId: string | null) => {
    if (caseId !== null) sessionStorage.setItem(KEPT_AS, caseId);
    choose(caseId);
  }, []);
  const step = useCallback(
    (by: 1 | -1) => {
      const next = ids[ids.indexOf(at ?? '') + by];
      if (next !== undefined) move(next);
    },
    [ids, at, move],
  );
  const after = useCallback(
    (decided: ReadonlySet<string>, rows: ReadonlyMap<string, Row>) => {
      const place = ids.indexOf(at ?? '');
      const waits = (id: string) => {
        const row = rows.get(id);
        return row !== undefined && isWaiting(row) && !decided.has(id);
      };
      return ids.slice(place).find(waits) ?? ids.slice(0, Math.max(0, place)).findLast(waits) ?? at;
    },
    [ids, at],
  );
  return useMemo(() => ({ at, move, step, after }), [at, move, step, after]);
}
