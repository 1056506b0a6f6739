// What the canvas shows stands in its address: who opens a rule and comes back finds it as it was.
import { useLocation, useNavigate, useSearchParams } from 'react-router';

import { SEVERITIES, type Severity } from '@components/SeverityTag';

export interface View {
  /** The chosen place. */
  at: string | null;
  /** The severity that a dragged line proposes for the chosen rule. */
  to: Severity | null;
  /** The place that a line to the chosen rule was dragged from. */
  of: string | null;
  viewport: { x: number; y: number; zoom: number } | null;
}

export function readView(query: URLSearchParams): View {
  const [x = NaN, y = NaN, zoom = NaN] = (query.get('view') ?? '').split(',').map(Number);
  return {
    at: query.get('at'),
    to: SEVERITIES.find((one) => one === query.get('to')) ?? null,
    of: query.get('of'),
    viewport: [x, y, zoom].every(Number.isFinite) && zoom > 0 ? { x, y, zoom } : null,
  };
}

export function writeViewport({ x, y, zoom }: NonNullable<View['viewport']>): string {
  return [Math.round(x), Math.round(y), Math.round(zoom * 1000) / 1000].join(',');
}

type Words = Record<string, string | null>;

export function useCanvasView() {
  const [query, setQuery] = useSearchParams();
  const open = useOpen();
  const set = (words: Words) => {
    // From the address itself: the canvas may tell of a move before what was chosen is drawn.
    const next = new URLSearchParams(window.location.search);
    for (const [name, word] of Object.entries(words)) {
      if (word) next.set(name, word);
      else next.delete(name);
    }
    setQuery(next, { replace: true });
  };
  return {
    view: readView(query),
    choose: (at: string | null, more: Words = {}) => set({ at, to: null, of: null, ...more }),
    moved: (viewport: NonNullable<View['viewport']>) => set({ view: writeViewport(viewport) }),
    open,
  };
}

/** Open a page and tell it the way back. */
export function useOpen() {
  const go = useNavigate();
  const { pathname } = useLocation();
  return (path: string) => {
    // From the address itself, which may be ahead of what is drawn.
    const state: Back = { canvas: pathname + window.location.search };
    void go(path, { state });
  };
}

export type CanvasView = ReturnType<typeof useCanvasView>;

interface Back {
  canvas: string;
}

/** Where the canvas was left for this page; null where it was not. */
export function useBack(): string | null {
  const { state } = useLocation() as { state: Partial<Back> | null };
  return state?.canvas ?? null;
}
