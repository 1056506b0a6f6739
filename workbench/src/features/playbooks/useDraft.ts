// A playbook being changed, and what the server makes of it: faults, and a run on a past alert.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { api, client, type Schemas } from '@api/client';
import type { Answer, PlaybookText } from './text';

const PAUSE_MS = 300;

export const bookOf = (id: string) =>
  api.queryOptions('get', '/api/v1/playbooks/{playbook_id}', {
    params: { path: { playbook_id: id } },
  });

export interface Draft {
  text: PlaybookText;
  isChanged: boolean;
  /** What is wrong with it; null until the server has said so of this text. */
  problems: Schemas['FaultAt'][] | null;
  file: string;
  run: Schemas['DryRun'] | null;
  error: unknown;
  change: (text: PlaybookText) => void;
}

interface Begun {
  id: string;
  standing: PlaybookText;
  start: PlaybookText | undefined;
}

export function useDraft(
  { id, standing, start }: Begun,
  alertId: string | null,
  answers: Record<string, Answer>,
): Draft {
  const [text, setText] = useState(start ?? standing);
  const asked = useSettled(JSON.stringify({ text, alert_id: alertId, answers }));
  const { data, error, isPlaceholderData } = useQuery({
    queryKey: ['try a playbook', id, asked],
    queryFn: async () => {
      const { data } = await client.POST('/api/v1/playbooks/{playbook_id}/try', {
        params: { path: { playbook_id: id } },
        body: JSON.parse(asked) as Schemas['DryRunAsked'],
      });
      return data ?? null;
    },
    placeholderData: keepPreviousData,
  });
  return {
    text,
    isChanged: JSON.stringify(text) !== JSON.stringify(standing),
    problems: data && !isPlaceholderData ? data.problems : null,
    file: data?.file ?? '',
    run: data?.run ?? null,
    error,
    change: setText,
  };
}

/** The value once it has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
