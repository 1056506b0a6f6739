// One rule being worked on: its cards and its text say the same, whichever was changed last.
import { useEffect, useMemo, useState } from 'react';

import { api, client, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { NOTHING, printed, type Cards } from './cards';
import type { Operand, RuleText } from './catalogue';

const PAUSE_MS = 250;

export interface Editing {
  text: RuleText;
  cards: Cards | null;
  /** Lines of values that the library does not compute yet, by name. */
  features: Record<string, string>;
  brought: Operand[];
  parsed: Schemas['Parsed'] | null;
  isChanged: boolean;
  change: (part: Partial<RuleText>) => void;
  changeCards: (cards: Cards) => void;
  changeWhen: (when: string) => void;
  bring: (told: Schemas['NewValueTold']) => void;
  saved: (text: RuleText) => void;
}

export function useEditing(start: RuleText, startFeatures: Record<string, string>): Editing {
  const [text, setText] = useState(start);
  const [standing, setStanding] = useState(JSON.stringify(start));
  const [cards, setCards] = useState<Cards | null>(
    start.when ? null : { when: NOTHING, unless: null },
  );
  const [features, setFeatures] = useState(startFeatures);
  const [brought, setBrought] = useState<Operand[]>([]);
  const [parsed, setParsed] = useState<Schemas['Parsed'] | null>(null);
  const when = text.when;
  const { language } = useWords('rules');
  useEffect(() => {
    let isOver = false;
    if (!when.trim()) return undefined;
    const timer = setTimeout(() => {
      void client
        .POST('/api/v1/rulebook/parse', { body: { text: when, features } })
        .then(({ data }) => {
          if (isOver || !data) return;
          setParsed(data);
          // What is clicked together may be unfinished: only another text replaces it.
          if (data.cards)
            setCards((known) =>
              known && printed(known) === when ? known : (data.cards as unknown as Cards),
            );
          else setCards((known) => (known && printed(known) === when ? known : null));
        })
        .catch(() => undefined);
    }, PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
    // The faults are told in the reader's language.
  }, [when, features, language]);
  return useMemo(
    () => ({
      text,
      cards,
      features,
      brought,
      parsed: parsed?.text === when ? parsed : null,
      isChanged: JSON.stringify(text) !== standing,
      change: (part) => setText((known) => ({ ...known, ...part })),
      changeCards: (next) => {
        setCards(next);
        setText((known) => ({ ...known, when: printed(next) }));
      },
      changeWhen: (next) => setText((known) => ({ ...known, when: next })),
      bring: ({ operand, lines }) => {
        setFeatures((known) => ({ ...known, [operand.name]: lines }));
        setBrought((known) => [...known.filter((one) => one.name !== operand.name), operand]);
      },
      saved: (next) => {
        setText(next);
        setStanding(JSON.stringify(next));
      },
    }),
    [text, cards, features, brought, parsed, when, standing],
  );
}

export const bookOf = (id: string) =>
  api.queryOptions('get', '/api/v1/rulebook/{rule_id}', { params: { path: { rule_id: id } } });
