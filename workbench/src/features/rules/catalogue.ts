// What conditions may name: the library's values, and those that the draft brings.
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';

import { api, type Schemas } from '@api/client';
import { said, type Language } from '@app/words';

export type Operand = Schemas['Operand'];
export type RuleText = Required<Schemas['RuleText-Output']>;

export interface Values {
  operands: ReadonlyMap<string, Operand>;
  entities: Schemas['EntityTitle'][];
}

export const ValuesContext = createContext<Values>({ operands: new Map(), entities: [] });

export function useValues(): Values {
  return useContext(ValuesContext);
}

export function useCatalogue() {
  return useQuery({
    ...api.queryOptions('get', '/api/v1/rulebook/catalogue'),
    staleTime: 60_000,
  });
}

/** Values to choose from, found by their name in either language or their id. */
export function optionsOf(operands: Iterable<Operand>, language: Language) {
  return [...operands].map((one) => ({
    value: one.name,
    label: said(one.title, language),
    search: `${one.name} ${one.title.zh} ${one.title.en}`,
  }));
}

export function nameOf(operands: Values['operands'], name: string, language: Language): string {
  const found = operands.get(name);
  return found ? said(found.title, language) : name;
}
