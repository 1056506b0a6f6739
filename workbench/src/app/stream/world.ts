// The browser, as the hub needs it: in a page and in a worker alike.
import type { Source, World } from './hub';

async function isSignedIn(): Promise<boolean> {
  try {
    return (await fetch('/api/v1/session')).status !== 401;
  } catch {
    return true;
  }
}

export const BROWSER: World = {
  open: (address) => new EventSource(address) as Source,
  isSignedIn,
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  chance: Math.random,
};
