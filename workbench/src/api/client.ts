// The one way to data. Types come from the server's own description (schema.d.ts, `make client`).
import createFetchClient from 'openapi-fetch';
import createClient from 'openapi-react-query';

import { Refusal, refusalOf } from './refusal';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

type Listener = () => void;
const onSignedOut = new Set<Listener>();

/** Called when the server says that nobody is signed in. */
export function listenToSignedOut(listener: Listener): () => void {
  onSignedOut.add(listener);
  return () => onSignedOut.delete(listener);
}

export const client = createFetchClient<paths>({
  baseUrl: globalThis.location.origin,
  // Looked up at each call, so that a test can stand in for the network.
  fetch: (request) => globalThis.fetch(request),
});

client.use({
  onRequest({ request }) {
    // What the page is read in, which need not be the browser's own language.
    request.headers.set('accept-language', document.documentElement.lang);
    return request;
  },
  async onResponse({ response, request }) {
    if (response.ok) return;
    const refusal = await refusalOf(response);
    // Whoever asks for the session itself hears of it by the answer.
    const isAboutSession = request.url.endsWith('/api/v1/session');
    if (refusal.status === 401 && !isAboutSession) onSignedOut.forEach((listener) => listener());
    throw refusal;
  },
  onError() {
    return new Refusal({ status: 0, title: 'unreachable', detail: '' });
  },
});

/** `useQuery(api.queryOptions('get', path, init))`, `api.useMutation('post', path)`. */
export const api = createClient(client);
