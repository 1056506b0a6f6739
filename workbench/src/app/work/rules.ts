// What rules and the values that they look at are called.
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

import { api, type Schemas } from '@api/client';

import { said, useWords } from '../words';

export type Rule = Schemas['Rule'];

export function useRules() {
  const { language } = useWords();
  const { data } = useQuery({
    ...api.queryOptions('get', '/api/v1/rules'),
    staleTime: 300_000,
  });
  const rules = useMemo(
    () => new Map<string, Rule>((data?.items ?? []).map((rule) => [rule.id, rule])),
    [data],
  );
  const titleOf = useCallback(
    (id: string) => {
      const rule = rules.get(id);
      return rule ? said(rule.title, language) : id;
    },
    [rules, language],
  );
  const nameOf = useCallback(
    (id: string, name: string) => {
      const title = rules.get(id)?.names[name];
      return title ? said(title, language) : name;
    },
    [rules, language],
  );
  return useMemo(() => ({ rules, titleOf, nameOf }), [rules, titleOf, nameOf]);
}
