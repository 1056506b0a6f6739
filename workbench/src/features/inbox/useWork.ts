// What a person does in the inbox, by its buttons and by keys.
import { App } from 'antd';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';

import { useMay, useSession } from '@app/session';
import { useKeys } from '@app/useKeys';
import {
  change,
  decide,
  listenToUndone,
  takeNext,
  undo,
  verdictsOf,
  type Verdict,
} from '@app/work/deeds';
import { keepQueue } from '@app/work/queue';
import { useWords } from '@app/words';

import type { Rows } from './rows';
import type { Cursor } from './useCursor';
import type { Selection } from './useSelection';
import { isWaiting, type Row } from './view';

interface Given {
  rows: Rows;
  ids: readonly string[];
  selection: Selection;
  cursor: Cursor;
  fail: (error: unknown) => void;
  onSearch: () => void;
  onHelp: () => void;
}

export function useWork({ rows, ids, selection, cursor, fail, onSearch, onHelp }: Given) {
  const { t } = useWords('inbox');
  const { message } = App.useApp();
  const { name: me, role } = useSession();
  const mayDecide = useMay('decide_cases');
  const navigate = useNavigate();
  const [runs, setRuns] = useState(0);
  const current = cursor.at === null ? undefined : rows.rows.get(cursor.at);

  /** Marked rows, or the one at the cursor; decided ones are not worked on. */
  const targets = (): Row[] => {
    const ids = selection.marked.size > 0 ? [...selection.marked] : [cursor.at ?? ''];
    const found = ids.flatMap((id) => rows.rows.get(id) ?? []);
    return found.filter((row) => isWaiting(row) && !rows.deciding.has(row.case_id));
  };
  const work = (run: (found: readonly Row[]) => Promise<void>) => {
    const found = targets();
    if (found.length === 0 || !mayDecide) return;
    selection.clear();
    setRuns((count) => count + 1);
    run(found)
      .catch(fail)
      .finally(() => setRuns((count) => count - 1))
      .catch(() => undefined);
  };
  const decideAll = (said: (row: Row) => Verdict | undefined) =>
    work(async (found) => {
      const verdicts = new Map<string, Verdict>();
      for (const row of found) {
        const verdict = said(row);
        if (verdict) verdicts.set(row.case_id, verdict);
      }
      const isMarked = selection.marked.size > 0;
      for (const caseId of verdicts.keys()) rows.deciding.add(caseId);
      if (!isMarked) cursor.move(cursor.after(rows.deciding, rows.rows));
      const { done, refused } = await decide(verdicts).finally(() => {
        for (const caseId of verdicts.keys()) rows.deciding.delete(caseId);
      });
      rows.patch(done, { status: 'closed' });
      if (refused.length > 0) fail(new Error(t('some_refused', { n: refused.length })));
    });
  const assign = (assignee: string) =>
    work(async (found) => {
      const before = new Map(found.map((row) => [row.case_id, row.assignee ?? '']));
      const { done } = await change([...before.keys()], { assignee }, (id) => ({
        assignee: before.get(id) ?? '',
      }));
      rows.patch(done, { assignee: assignee || null });
    });
  const moveTo = (inbox: Row['inbox']) =>
    work(async (found) => {
      const before = new Map(found.map((row) => [row.case_id, row.inbox]));
      const { done } = await change([...before.keys()], { inbox }, (id) => ({
        inbox: before.get(id) ?? inbox,
      }));
      rows.patch(done, { inbox });
    });
  const open = (more = '') => {
    if (!current) return;
    const from = ids.indexOf(current.case_id);
    const rest = ids.slice(from).filter((id) => {
      const row = rows.rows.get(id);
      return id === current.case_id || (row && isWaiting(row));
    });
    keepQueue(rest);
    void navigate(`/cases/${encodeURIComponent(current.case_id)}${more}`);
  };
  const take = () => {
    takeNext(role)
      .then((next) => {
        if (next) void navigate(`/cases/${encodeURIComponent(next)}`);
        else void message.info(t('none_to_take'));
      })
      .catch(fail);
  };
  const once = (run: () => void) => (event: KeyboardEvent) => {
    if (!event.repeat) run();
  };

  useEffect(
    () => listenToUndone((ids) => rows.patch(ids, { status: 'open', disposition: null })),
    [rows],
  );
  useKeys({
    j: () => cursor.step(1),
    k: () => cursor.step(-1),
    ArrowDown: () => cursor.step(1),
    ArrowUp: () => cursor.step(-1),
    Enter: once(() => open()),
    e: once(() => decideAll((row) => verdictsOf(row.kind)[0])),
    h: once(() => decideAll((row) => verdictsOf(row.kind)[1])),
    a: once(() => assign(me)),
    c: once(() => open('?comment=1')),
    u: once(() => void undo().catch(fail)),
    x: () => cursor.at !== null && selection.toggle(cursor.at),
    r: () => rows.tidy(),
    Escape: () => selection.clear(),
    n: once(take),
    '/': onSearch,
    '?': onHelp,
  });
  return { isBusy: runs > 0, decideAll, assign, moveTo, open, take };
}
