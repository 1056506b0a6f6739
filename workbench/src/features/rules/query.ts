// Cards as react-querybuilder has them, and back. A rule's value is `{ values, other }`.
import type { RuleGroupType, RuleType } from 'react-querybuilder';

import type { Cel, Group, Item, Tested } from './cards';

export const CEL = '~cel';
export interface Given {
  values: string[];
  other: string;
}

export function toQuery(group: Group): RuleGroupType {
  return {
    combinator: group.joiner === 'all' ? 'and' : 'or',
    not: group.is_not,
    rules: group.items.map((item) => (item.kind === 'group' ? toQuery(item) : toRule(item))),
  };
}

function toRule(item: Tested | Cel): RuleType {
  if (item.kind === 'cel')
    return { field: CEL, operator: 'cel', value: { values: [item.text], other: '' } };
  const value: Given = { values: item.values, other: item.other };
  return { field: item.name, operator: item.operator, value };
}

export function fromQuery(query: RuleGroupType): Group {
  return {
    kind: 'group',
    joiner: query.combinator === 'or' ? 'any' : 'all',
    is_not: query.not ?? false,
    items: query.rules.map((one): Item => ('rules' in one ? fromQuery(one) : fromRule(one))),
  };
}

function fromRule(rule: RuleType): Item {
  const { values, other } = givenOf(rule.value);
  if (rule.field === CEL) return { kind: 'cel', text: values[0] ?? '' };
  return { kind: 'test', name: rule.field, operator: rule.operator, values, other };
}

export function givenOf(value: unknown): Given {
  const { values = [], other = '' } = (value ?? {}) as Partial<Given>;
  return { values, other };
}

const ORDERED = ['>=', '>', '<=', '<', '==', '!='];
const PRESENT = ['isKnown', 'isMissing'];

/** How values of a type can be tested. */
export function operatorsOf(type: string): string[] {
  if (type === 'cel') return ['cel'];
  if (type === 'bool') return ['isTrue', 'isFalse', ...PRESENT];
  if (type === 'text')
    return ['==', '!=', 'in', 'startsWith', 'endsWith', 'contains', ...PRESENT];
  return [...ORDERED, 'in', ...PRESENT];
}

export function takesValue(operator: string): boolean {
  return !['isTrue', 'isFalse', ...PRESENT].includes(operator);
}

/** What a new test of a type begins with. */
export function beginning(type: string): Given {
  const values = { int: ['1'], number: ['1.0'], money: ['100.0'], text: ['""'] }[type] ?? [];
  return { values, other: '' };
}
