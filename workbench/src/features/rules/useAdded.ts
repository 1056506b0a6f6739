// A condition that was asked for elsewhere, as by a line on the canvas: `?add=order.amount`.
import { useEffect, useRef } from 'react';
import { useLocation, useSearchParams } from 'react-router';

import { client } from '@api/client';
import { useMay } from '@app/session';
import { NOTHING, printed, withTest, type Cards, type Tested } from './cards';
import type { Operand, Values } from './catalogue';
import { beginning, operatorsOf } from './query';
import type { Editing } from './useEditing';

export function useAdded(editing: Editing, operands: Values['operands']): void {
  const [view, setView] = useSearchParams();
  const { state } = useLocation() as { state: unknown };
  const mayChange = useMay('change_rules');
  const wasAdded = useRef(false);
  /** What has been added stays in the address for one more turn. */
  const done = useRef<string | null>(null);
  const name = view.get('add');
  const { text, features, cards, changeWhen } = editing;
  const when = text.when;
  useEffect(() => {
    if (!name) done.current = null;
    if (!name || done.current === name || operands.size === 0) return undefined;
    let isOver = false;
    const end = () =>
      setView(
        (known) => {
          known.delete('add');
          return known;
        },
        { replace: true, state },
      );
    const operand = operands.get(name);
    if (!operand || !mayChange) {
      end();
      return undefined;
    }
    // By the text, which the cards follow: they may be shown already, and keep what they have.
    void longer(when, features, operand).then((next) => {
      if (isOver) return;
      done.current = name;
      changeWhen(next);
      wasAdded.current = true;
      end();
    });
    return () => {
      isOver = true;
    };
  }, [name, operands, when, features, changeWhen, mayChange, setView, state]);
  useEffect(() => {
    // Its card comes once the text has been read.
    if (!wasAdded.current || name || !cards || printed(cards) !== when) return;
    wasAdded.current = false;
    const rules = document.querySelectorAll('.ruleGroup .rule');
    const inputs = [...(rules[rules.length - 1]?.querySelectorAll('input') ?? [])];
    inputs.filter((one) => one.role !== 'combobox').at(-1)?.focus();
  }, [name, cards, when]);
}

/** The condition with one on this value too, which begins with a value of its type. */
async function longer(when: string, features: Editing['features'], operand: Operand) {
  const { name, type } = operand;
  const operator = operatorsOf(type)[0] ?? '>=';
  const test: Tested = { kind: 'test', name, operator, ...beginning(type) };
  const alone = printed({ when: { ...NOTHING, items: [test] }, unless: null });
  if (!when.trim()) return alone;
  const body = { text: when, features };
  const { data } = await client.POST('/api/v1/rulebook/parse', { body });
  const cards = data?.cards as unknown as Cards | null | undefined;
  return cards ? printed(withTest(cards, test)) : `${when} && ${alone}`;
}
