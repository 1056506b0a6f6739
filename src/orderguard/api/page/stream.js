// The server's events: opened again after a loss, from the last alert that was seen.

const SILENCE_MS_MAX = 10_000; // The health comes each second: a line so silent is dead.
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;

export class Stream {
  // `onAlert` and `onHealth` are given data; `onOpen` is told whether the stream goes on where it
  // was; `onChange` says that the line has changed, `onSignedOut` that the session is over.
  constructor(handlers) {
    this.handlers = handlers;
    this.state = 'connecting';
    this.heardAt = null;
    this.lastId = null;
    this.wasOpen = false;
    this.retryMs = RETRY_MS_MIN;
    setInterval(() => this.watch(), 1_000);
  }

  open() {
    const query = this.lastId ? `?last_event_id=${encodeURIComponent(this.lastId)}` : '';
    const source = new EventSource(`/api/v1/stream${query}`);
    this.source = source;
    source.addEventListener('open', () => this.opened());
    source.addEventListener('error', () => this.failed());
    source.addEventListener('alert', (event) => {
      this.heard();
      this.lastId = event.lastEventId;
      this.handlers.onAlert(JSON.parse(event.data));
    });
    source.addEventListener('health', (event) => {
      this.heard();
      this.handlers.onHealth(JSON.parse(event.data));
    });
  }

  // Milliseconds since the last event; null before the first.
  get ageMs() {
    return this.heardAt === null ? null : performance.now() - this.heardAt;
  }

  heard() {
    this.heardAt = performance.now();
  }

  opened() {
    this.heard();
    this.retryMs = RETRY_MS_MIN;
    this.become('live');
    this.wasOpen = true;
    this.handlers.onOpen(this.lastId !== null);
  }

  failed() {
    this.become(this.wasOpen ? 'lost' : 'connecting');
    // After a broken line the browser comes back by itself, after a refusal it does not.
    if (this.source.readyState === EventSource.CLOSED) this.retry();
  }

  watch() {
    if (this.state === 'live' && this.ageMs > SILENCE_MS_MAX) {
      this.become('lost');
      this.retry();
    }
  }

  async retry() {
    this.source.close();
    if (await isSignedOut()) {
      this.handlers.onSignedOut();
      return;
    }
    setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.handlers.onChange();
  }
}

async function isSignedOut() {
  try {
    return (await fetch('/api/v1/rules')).status === 401;
  } catch {
    return false; // Not reached at all: the session may still stand.
  }
}
