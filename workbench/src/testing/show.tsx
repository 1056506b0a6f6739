// How a test shows a page: in a language, at an address, before a network that the test plays.
import { QueryClientProvider } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { vi } from 'vitest';

import { Look, makeQueries } from '@app/App';
import { SessionContext, type Session } from '@app/session';
import { startWords, type Language } from '@app/words';

const ADMIN: Session = { name: 'li', role: 'admin', rights: [], mode: 'live', version: '1' };

interface Given {
  language?: Language;
  at?: string;
  session?: Partial<Session>;
}

export async function show(page: ReactNode, given: Given = {}) {
  const { language = 'en', at = '/', session = {} } = given;
  await startWords(language);
  return await act(async () => {
    await Promise.resolve();
    return render(
      <QueryClientProvider client={makeQueries()}>
        <Look>
          <MemoryRouter initialEntries={[at]}>
            <SessionContext value={{ ...ADMIN, ...session }}>{page}</SessionContext>
          </MemoryRouter>
        </Look>
      </QueryClientProvider>,
    );
  });
}

/** What the server answers, by path; with a `status` it is a problem. Returns what was asked. */
export function answering(answers: Record<string, object>): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(request);
    const found = answers[new URL(request.url).pathname] ?? { status: 404, title: 'Not Found' };
    const status = 'status' in found && typeof found.status === 'number' ? found.status : 200;
    return Promise.resolve(Response.json(found, { status }));
  });
  return asked;
}
