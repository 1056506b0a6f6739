// Who is signed in, and what they may do. The server decides; the page only hides.
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';

import { api, type Schemas } from '@api/client';
import type { Right } from './feature';

export type Session = Schemas['Session'];

export const SESSION = api.queryOptions('get', '/api/v1/session');

export function useSessionQuery() {
  return useQuery({ ...SESSION, retry: false, staleTime: Infinity });
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('Only pages behind the sign-in ask who is signed in.');
  return session;
}

export function useMay(right: Right): boolean {
  return useSession().rights.includes(right);
}
