import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import { useCallback, useEffect, useLayoutEffect, useMemo, useState, type ReactNode } from 'react';
import { BrowserRouter } from 'react-router';

import { listenToSignedOut } from '@api/client';
import { Refusal } from '@api/refusal';

import { Gate } from './Gate';
import { SESSION } from './session';
import { invalidateByStream } from './stream/invalidate';
import {
  cssVariables,
  keepScheme,
  preferredScheme,
  SchemeContext,
  themeOf,
  type Scheme,
} from './theme';
import { ANT_LOCALES, listenToLanguage, useWords } from './words';

const RETRIES_MAX = 2;

export function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: false,
        // Only what may be otherwise a moment later is asked again.
        retry: (count, error) =>
          count < RETRIES_MAX &&
          error instanceof Refusal &&
          (error.status === 0 || error.status >= 500),
      },
    },
  });
}

/** Colours and language for all that is below. */
export function Look({ children, forced }: { children: ReactNode; forced?: Scheme | undefined }) {
  const [chosen, choose] = useState<Scheme>(preferredScheme);
  const { language } = useWords();
  const scheme = forced ?? chosen;
  const setScheme = useCallback((next: Scheme) => {
    keepScheme(next);
    choose(next);
  }, []);
  useLayoutEffect(() => {
    const style = document.documentElement.style;
    for (const [name, value] of Object.entries(cssVariables(scheme)))
      style.setProperty(name, value);
    style.colorScheme = scheme;
  }, [scheme]);
  const choice = useMemo(() => ({ scheme, setScheme }), [scheme, setScheme]);
  const theme = useMemo(() => themeOf(scheme), [scheme]);
  return (
    <SchemeContext value={choice}>
      <ConfigProvider theme={theme} locale={ANT_LOCALES[language]} componentSize="middle">
        <AntApp>{children}</AntApp>
      </ConfigProvider>
    </SchemeContext>
  );
}

export function App() {
  const [queries] = useState(makeQueries);
  useEffect(() => invalidateByStream(queries), [queries]);
  useEffect(
    () => listenToSignedOut(() => void queries.resetQueries({ queryKey: SESSION.queryKey })),
    [queries],
  );
  useEffect(() => listenToLanguage(() => void queries.invalidateQueries()), [queries]);
  const isWall = new URLSearchParams(location.search).get('wall') === '1';
  return (
    <QueryClientProvider client={queries}>
      <Look forced={isWall ? 'dark' : undefined}>
        <BrowserRouter basename="/workbench">
          <Gate />
        </BrowserRouter>
      </Look>
    </QueryClientProvider>
  );
}
