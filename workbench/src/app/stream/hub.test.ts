import { expect, test } from 'vitest';

import { BATCH_MS, Hub, PORT_SILENCE_MS_MAX, RETRY_MS_MAX, SILENCE_MS_MAX } from './hub';
import type { Source, World } from './hub';
import type { Batch, FromHub, Line } from './protocol';

interface Timer {
  at: number;
  run: () => void;
}

/** A line to the server, played by the test. */
class PlayedSource implements Source {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  isClosed = false;
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(readonly address: string) {}

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener);
  }

  tell(type: string, data: object, id = ''): void {
    const event = new MessageEvent<string>(type, { data: JSON.stringify(data), lastEventId: id });
    this.listeners.get(type)?.(event);
  }

  close(): void {
    this.isClosed = true;
  }
}

class PlayedWorld implements World {
  time = 0;
  isIn = true;
  sources: PlayedSource[] = [];
  private timers: Timer[] = [];

  open = (address: string) => {
    const source = new PlayedSource(address);
    this.sources.push(source);
    return source;
  };
  isSignedIn = () => Promise.resolve(this.isIn);
  now = () => this.time;
  chance = () => 1;
  after = (ms: number, run: () => void) => {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  };

  get source(): PlayedSource {
    const newest = this.sources.at(-1);
    if (!newest) throw new Error('nothing was opened');
    return newest;
  }

  /** Let time pass; what is due on the way runs then. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }
}

class Page {
  heard: FromHub[] = [];
  private readonly key = {};

  constructor(private readonly hub: Hub) {
    this.say('hello');
  }

  say(kind: 'hello' | 'bye' | 'signed-out'): void {
    this.hub.take(this.key, (message) => this.heard.push(message), { kind });
  }

  get batches(): Batch[] {
    return this.heard.filter((one) => one.kind === 'batch');
  }

  get lines(): Line[] {
    return this.heard.filter((one) => one.kind === 'line');
  }
}

function opened() {
  const world = new PlayedWorld();
  const hub = new Hub(world);
  const page = new Page(hub);
  world.source.onopen?.();
  return { world, hub, page };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('two pages share one line, and hear the same', () => {
  const { world, hub, page } = opened();
  const other = new Page(hub);
  world.source.tell('health', { orders: 1 });
  world.pass(BATCH_MS);
  expect(world.sources).toHaveLength(1);
  expect(page.batches.at(-1)?.health).toEqual({ orders: 1 });
  expect(other.batches.at(-1)?.health).toEqual({ orders: 1 });
});

test('a page that comes later has the health at once', () => {
  const { world, hub } = opened();
  world.source.tell('health', { orders: 1 });
  world.pass(BATCH_MS);
  expect(new Page(hub).batches).toHaveLength(1);
});

test('fifty changes a second are four batches, each alert in its newest state', () => {
  const { world, page } = opened();
  for (let n = 0; n < 100; n += 1) {
    world.source.tell('alert', { alert_id: `a${n % 3}`, score: n }, `${n}.0`);
    world.pass(20);
  }
  world.pass(BATCH_MS);
  expect(page.batches.length).toBeLessThanOrEqual(9);
  const scores = page.batches.flatMap(({ alerts }) => alerts.map(({ score }) => score));
  expect(scores.slice(-3).sort()).toEqual([97, 98, 99]);
});

test('a broken line is taken up where it ended, and the pages ask anew', async () => {
  const { world, page } = opened();
  world.source.tell('alert', { alert_id: 'a' }, '7.2');
  world.source.onerror?.();
  await settled();
  world.pass(1_000);
  expect(world.source.address).toBe('/api/v1/stream?last_event_id=7.2');
  world.source.onopen?.();
  expect(page.lines.map(({ state, gap }) => [state, gap])).toEqual([
    ['connecting', false],
    ['live', false],
    ['waiting', false],
    ['connecting', false],
    ['live', true],
  ]);
});

test('it waits longer each time, and never longer than the most', async () => {
  const { world } = opened();
  const waits: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    world.source.onerror?.();
    await settled();
    const [count, since] = [world.sources.length, world.time];
    while (world.sources.length === count) world.pass(500);
    waits.push(world.time - since);
  }
  expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(Math.max(...waits)).toBe(RETRY_MS_MAX);
});

test('a line that is silent is taken for dead', async () => {
  const { world, page } = opened();
  const first = world.source;
  for (let n = 0; n < 4; n += 1) {
    world.pass(SILENCE_MS_MAX / 2);
    page.say('hello');
  }
  await settled();
  world.pass(2_000);
  expect(first.isClosed).toBe(true);
  expect(world.sources.length).toBeGreaterThan(1);
});

test('who is signed out is told so, and nothing is opened again', async () => {
  const { world, page } = opened();
  world.isIn = false;
  world.source.onerror?.();
  await settled();
  world.pass(60_000);
  expect(page.lines.at(-1)?.state).toBe('signed-out');
  expect(world.sources).toHaveLength(1);
});

test('without pages there is no line, whether they said so or only went', () => {
  const { world, page } = opened();
  page.say('bye');
  expect(world.source.isClosed).toBe(true);
  page.say('hello');
  world.source.onopen?.();
  for (let ms = 0; ms < PORT_SILENCE_MS_MAX + 10_000; ms += 1_000) {
    world.source.tell('health', {});
    world.pass(1_000);
  }
  expect(world.source.isClosed).toBe(true);
});
