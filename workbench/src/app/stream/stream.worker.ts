// The hub, shared by all pages of this browser.
import { Hub } from './hub';
import type { ToHub } from './protocol';
import { BROWSER } from './world';

const hub = new Hub(BROWSER);
const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };

scope.onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  port.onmessage = (said: MessageEvent<ToHub>) =>
    hub.take(port, (message) => port.postMessage(message), said.data);
};
