import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { api, type Schemas } from '@api/client';
import { said, useWords } from '@app/words';
import { nameOf } from './catalogue';
import type { Place } from './flow';

/** What each place on the canvas is called in the language of the page. */
export function useLabelOf(
  rows: readonly Schemas['Row'][] | undefined,
  playbooks: readonly Schemas['Playbook'][] | undefined,
  catalogue: Schemas['Catalogue'] | undefined,
) {
  const { t, language } = useWords('rules');
  const heard = useQuery(api.queryOptions('get', '/api/v1/channels'));
  return useMemo(() => {
    const operands = new Map((catalogue?.operands ?? []).map((one) => [one.name, one]));
    const titles = new Map(rows?.map((one) => [one.id, said(one.title, language)]));
    const plans = new Map(playbooks?.map((one) => [one.id, said(one.title, language)]));
    const channels = new Map(heard.data?.items.map((one) => [one.name, one.title]));
    const facts = new Map<string, string>(
      catalogue?.entities.map((one) => [one.name, said(one.title, language)]),
    );
    return ({ layer, name }: { layer: Place['layer']; name: string }) => {
      if (layer === 'rules') return titles.get(name) ?? name;
      if (layer === 'playbook') return plans.get(name) ?? name;
      if (layer === 'features') return nameOf(operands, name, language);
      if (layer === 'severity') return t(`app:severity.${name}`);
      if (layer === 'listen') return channels.get(name) ?? name;
      return facts.get(name) ?? t(`canvas.fact.${name}`, { defaultValue: name });
    };
  }, [catalogue, rows, playbooks, heard.data, language, t]);
}
