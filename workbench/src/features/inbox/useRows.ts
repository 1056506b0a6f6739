// The rows of the inbox: pages from the server until all are here, and the stream.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';

import { client } from '@api/client';
import { listenToGaps, useBatches } from '@app/stream/line';
import type { Batch } from '@app/stream/protocol';

import { Rows, type Shelf } from './rows';
import type { View } from './view';

const WAITING_MAX = 20_000;
const CLOSED_MAX = 1_500;

interface Loading {
  isOver: boolean;
  error: unknown;
}

async function load(
  rows: Rows,
  status: 'open' | 'waiting' | 'closed',
  most: number,
  isWanted: () => boolean,
): Promise<void> {
  let cursor: string | null = null;
  for (let count = 0; count < most && isWanted();) {
    const query: { status: typeof status; cursor?: string } = cursor
      ? { status, cursor }
      : { status };
    const { data } = await client.GET('/api/v1/inbox', { params: { query } });
    if (!data || !isWanted()) return;
    rows.page(data.items);
    count += data.items.length;
    cursor = data.next_cursor;
    if (!cursor) return;
  }
}

export interface Inbox {
  rows: Rows;
  shelf: Shelf;
  loading: Loading;
  again: () => void;
}

export function useRows(view: View, me: string): Inbox {
  // One store for the life of the page; the view is told to it below.
  const [rows] = useState(() => new Rows(view, me));
  const [loading, setLoading] = useState<Loading>({ isOver: false, error: null });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((one) => one + 1), []);
  const shelf = useSyncExternalStore(rows.subscribe, rows.snapshot);
  const wantsClosed = view.standing !== 'waiting';

  const seen = useRef(view);
  useEffect(() => {
    if (seen.current !== view) rows.look(view);
    seen.current = view;
  }, [rows, view]);

  useEffect(() => {
    let isWanted = true;
    const still = () => isWanted;
    const all = async () => {
      await Promise.all([
        load(rows, 'open', WAITING_MAX, still),
        load(rows, 'waiting', WAITING_MAX, still),
      ]);
      if (wantsClosed) await load(rows, 'closed', CLOSED_MAX, still);
      if (isWanted) rows.settle();
    };
    all()
      .then(() => ({ isOver: true, error: null as unknown }))
      .catch((error: unknown) => ({ isOver: true, error }))
      .then((state) => {
        if (isWanted) setLoading(state);
      })
      .catch(() => undefined);
    return () => {
      isWanted = false;
    };
  }, [rows, turn, wantsClosed]);

  useEffect(() => listenToGaps(again), [again]);
  useBatches(useCallback((batch: Batch) => rows.batch(batch.cases, batch.alerts), [rows]));
  return useMemo(() => ({ rows, shelf, loading, again }), [rows, shelf, loading, again]);
}
