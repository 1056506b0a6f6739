// The one event stream of a browser: opened while a page listens, resumed where it broke off, and
// told to the pages in batches, at most four a second.
import type { Schemas } from '@api/client';

import type { Batch, FromHub, LineState, ToHub } from './protocol';

export const BATCH_MS = 250;
export const RETRY_MS_MIN = 1_000;
export const RETRY_MS_MAX = 30_000;
/** The health comes each second; after so long without anything the line is taken for dead. */
export const SILENCE_MS_MAX = 15_000;
/** A page in the background may say `hello` only once a minute. */
export const PORT_SILENCE_MS_MAX = 150_000;
const LOOK_MS = 5_000;

export interface Source {
  addEventListener: (type: string, listener: (event: MessageEvent<string>) => void) => void;
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  close: () => void;
}

export interface World {
  open: (address: string) => Source;
  /** Whether the server still knows who we are; true where it cannot be reached. */
  isSignedIn: () => Promise<boolean>;
  now: () => number;
  after: (ms: number, run: () => void) => () => void;
  chance: () => number;
}

interface Port {
  post: (message: FromHub) => void;
  heardAt: number;
}

const NEVER = (): void => undefined;

export class Hub {
  private readonly ports = new Map<object, Port>();
  private readonly alerts = new Map<string, Schemas['Alert']>();
  private readonly cases = new Map<string, Schemas['Case']>();
  private health: Schemas['Health'] | null = null;
  private isHealthNew = false;
  private state: LineState = 'connecting';
  private source: Source | null = null;
  private lastId = '';
  private hasBeenOpen = false;
  private failures = 0;
  private heardAt = 0;
  private batchedAt = -Infinity;
  private stopBatch: (() => void) | null = null;
  private stopRetry = NEVER;
  private stopLook = NEVER;

  constructor(private readonly world: World) {}

  /** A page says something; `post` answers it. */
  take(key: object, post: (message: FromHub) => void, message: ToHub): void {
    if (message.kind === 'bye') {
      this.ports.delete(key);
      if (this.ports.size === 0) this.close();
    } else if (message.kind === 'signed-out') {
      this.signedOut();
    } else if (this.ports.has(key)) {
      this.ports.set(key, { post, heardAt: this.world.now() });
    } else {
      this.welcome(key, post);
    }
  }

  private welcome(key: object, post: (message: FromHub) => void): void {
    this.ports.set(key, { post, heardAt: this.world.now() });
    if (!this.source && this.state !== 'waiting') this.open();
    else post({ kind: 'line', state: this.state, gap: false });
    if (this.health) post({ kind: 'batch', alerts: [], cases: [], health: this.health });
  }

  private open(): void {
    this.tell('connecting');
    const query = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : '';
    const source = this.world.open(`/api/v1/stream${query}`);
    this.source = source;
    this.heardAt = this.world.now();
    source.onopen = () => this.opened();
    source.onerror = () => void this.broken(source);
    source.addEventListener('alert', (event) => {
      const alert = JSON.parse(event.data) as Schemas['Alert'];
      this.alerts.set(alert.alert_id, alert);
      this.heard(event);
    });
    source.addEventListener('case', (event) => {
      const one = JSON.parse(event.data) as Schemas['Case'];
      this.cases.set(one.case_id, one);
      this.heard(event);
    });
    source.addEventListener('health', (event) => {
      this.health = JSON.parse(event.data) as Schemas['Health'];
      this.isHealthNew = true;
      this.heard(event);
    });
    this.stopLook();
    this.stopLook = this.world.after(LOOK_MS, () => this.look());
  }

  private opened(): void {
    this.failures = 0;
    this.heardAt = this.world.now();
    this.tell('live', this.hasBeenOpen);
    this.hasBeenOpen = true;
  }

  private heard(event: MessageEvent<string>): void {
    if (event.lastEventId) this.lastId = event.lastEventId;
    this.heardAt = this.world.now();
    if (this.stopBatch) return;
    const wait = Math.max(0, BATCH_MS - (this.world.now() - this.batchedAt));
    this.stopBatch = this.world.after(wait, () => this.flush());
  }

  private flush(): void {
    this.stopBatch = null;
    this.batchedAt = this.world.now();
    const batch: Batch = {
      kind: 'batch',
      alerts: [...this.alerts.values()],
      cases: [...this.cases.values()],
      health: this.isHealthNew ? this.health : null,
    };
    this.alerts.clear();
    this.cases.clear();
    this.isHealthNew = false;
    this.post(batch);
  }

  private async broken(source: Source): Promise<void> {
    if (this.source !== source) return;
    this.drop();
    this.tell('waiting');
    const isSignedIn = await this.world.isSignedIn();
    if (this.ports.size === 0 || this.state !== 'waiting') return;
    if (!isSignedIn) {
      this.signedOut();
      return;
    }
    const most = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.failures);
    this.failures += 1;
    this.stopRetry();
    this.stopRetry = this.world.after(most * (0.5 + this.world.chance() / 2), () => this.open());
  }

  /** Pages that went without a word, and a line that is silent though it looks open. */
  private look(): void {
    const now = this.world.now();
    for (const [key, port] of this.ports)
      if (now - port.heardAt > PORT_SILENCE_MS_MAX) this.ports.delete(key);
    if (this.ports.size === 0) {
      this.close();
      return;
    }
    if (this.source && now - this.heardAt > SILENCE_MS_MAX) void this.broken(this.source);
    this.stopLook = this.world.after(LOOK_MS, () => this.look());
  }

  private signedOut(): void {
    this.drop();
    this.stopRetry();
    this.lastId = '';
    this.health = null;
    this.tell('signed-out');
    this.ports.clear();
    this.close();
  }

  private close(): void {
    this.drop();
    this.stopRetry();
    this.stopLook();
    this.stopBatch?.();
    this.stopBatch = null;
    this.alerts.clear();
    this.cases.clear();
    this.state = 'connecting';
    // Who comes later asks for everything anyway: nothing has to be resumed.
    this.lastId = '';
    this.hasBeenOpen = false;
    this.failures = 0;
  }

  private drop(): void {
    this.source?.close();
    this.source = null;
  }

  private tell(state: LineState, gap = false): void {
    this.state = state;
    this.post({ kind: 'line', state, gap });
  }

  private post(message: FromHub): void {
    for (const port of this.ports.values()) port.post(message);
  }
}
