// A page's end of the line to the hub, as a store that React reads.
import { useEffect, useSyncExternalStore } from 'react';

import type { Schemas } from '@api/client';

import { Hub } from './hub';
import type { Batch, FromHub, LineState, ToHub } from './protocol';
import { BROWSER } from './world';

const HELLO_MS = 20_000;

export interface Heard {
  state: LineState;
  health: Schemas['Health'] | null;
  /** When something was heard last, in ms of `performance.now()`; null before. */
  heardAt: number | null;
}

type OnBatch = (batch: Batch) => void;

let heard: Heard = { state: 'connecting', health: null, heardAt: null };
let say: ((message: ToHub) => void) | null = null;
let hello: ReturnType<typeof setInterval> | undefined;
const readers = new Set<() => void>();
const takers = new Set<OnBatch>();
const onGap = new Set<() => void>();

function set(next: Partial<Heard>): void {
  heard = { ...heard, ...next };
  readers.forEach((reader) => reader());
}

/** Exported for tests, which have no hub. */
export function hear(message: FromHub): void {
  if (message.kind === 'line') {
    set({ state: message.state });
    if (message.gap) onGap.forEach((listener) => listener());
    return;
  }
  set({ heardAt: performance.now(), ...(message.health ? { health: message.health } : {}) });
  takers.forEach((taker) => taker(message));
}

function connect(): (message: ToHub) => void {
  if (typeof SharedWorker !== 'undefined') {
    const worker = new SharedWorker(new URL('./stream.worker.ts', import.meta.url), {
      type: 'module',
      name: 'orderguard',
    });
    worker.port.onmessage = (event: MessageEvent<FromHub>) => hear(event.data);
    return (message) => worker.port.postMessage(message);
  }
  const hub = new Hub(BROWSER);
  const key = {};
  return (message) => hub.take(key, hear, message);
}

/** Listen from now on; ended by `endLine`. */
export function startLine(): void {
  say ??= connect();
  say({ kind: 'hello' });
  clearInterval(hello);
  hello = setInterval(() => say?.({ kind: 'hello' }), HELLO_MS);
}

export function endLine(kind: 'bye' | 'signed-out'): void {
  clearInterval(hello);
  say?.({ kind });
  set({ state: 'connecting', health: null, heardAt: null });
}

export function listenToGaps(listener: () => void): () => void {
  onGap.add(listener);
  return () => onGap.delete(listener);
}

export function listenToBatches(taker: OnBatch): () => void {
  takers.add(taker);
  return () => takers.delete(taker);
}

function subscribe(reader: () => void): () => void {
  readers.add(reader);
  return () => readers.delete(reader);
}

export function useLine(): Heard {
  return useSyncExternalStore(subscribe, () => heard);
}

/** The newest health, about once a second; null before the first. */
export function useHealth(): Schemas['Health'] | null {
  return useSyncExternalStore(subscribe, () => heard.health);
}

/** What changed, in batches; for pages that add it to what they show by themselves. */
export function useBatches(taker: OnBatch): void {
  useEffect(() => listenToBatches(taker), [taker]);
}
