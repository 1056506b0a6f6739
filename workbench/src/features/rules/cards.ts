// A condition as form cards, and its text. The server reads texts; this prints cards, so that both
// are in step while somebody clicks. `fixtures/cards.json` holds both sides to one another.
export interface Tested {
  kind: 'test';
  name: string;
  operator: string;
  /** Literals as they stand in the text: `5`, `"CNY"`. */
  values: string[];
  /** Another value's name, in place of a literal. */
  other: string;
}
export interface Cel {
  kind: 'cel';
  text: string;
}
export interface Group {
  kind: 'group';
  joiner: 'all' | 'any';
  is_not: boolean;
  items: Item[];
}
export type Item = Group | Tested | Cel;
export interface Cards {
  when: Group;
  unless: Group | null;
}

const JOINED = { all: ' && ', any: ' || ' } as const;
const TEXT_TESTS = ['startsWith', 'endsWith', 'contains'];

export const NOTHING: Group = { kind: 'group', joiner: 'all', is_not: false, items: [] };

export function printed(cards: Cards): string {
  const unless = cards.unless ? inner(cards.unless, true) : '';
  if (!unless) return inner(cards.when, true);
  const when = inner(cards.when, false);
  return when ? `${when} && !(${unless})` : `!(${unless})`;
}

function inner(group: Group, alone: boolean): string {
  const parts = group.items.map((item) => part(item, group.items.length === 1)).filter(Boolean);
  const text = parts.join(JOINED[group.joiner]);
  if (group.is_not && text) return `!(${text})`;
  return parts.length > 1 && group.joiner === 'any' && !alone ? `(${text})` : text;
}

function part(item: Item, alone: boolean): string {
  if (item.kind === 'group') {
    const text = inner(item, true);
    return alone || item.items.length < 2 || item.is_not || !text ? text : `(${text})`;
  }
  if (item.kind === 'cel') {
    const text = item.text.trim();
    return !alone && /&&|\|\|/.test(text) ? `(${text})` : text;
  }
  return test(item);
}

function test({ name, operator, values, other }: Tested): string {
  const value = other === '' ? (values[0] ?? '') : other;
  if (operator === 'isTrue') return name;
  if (operator === 'isFalse') return `!${name}`;
  if (operator === 'isKnown') return `${name} != null`;
  if (operator === 'isMissing') return `${name} == null`;
  if (operator === 'in') return `${name} in [${values.join(', ')}]`;
  if (TEXT_TESTS.includes(operator)) return `${name}.${operator}(${value})`;
  return `${name} ${operator} ${value}`;
}

/** What somebody typed as a literal of a type; null while it is none yet. */
export function literal(text: string, type: string): string | null {
  const typed = text.trim();
  if (type === 'text') return JSON.stringify(text);
  if (type === 'bool') return typed === 'false' ? 'false' : 'true';
  if (!/^-?\d+(\.\d+)?$/.test(typed)) return null;
  return type === 'int' || typed.includes('.') ? typed : `${typed}.0`;
}

/** A literal as people read it. */
export function plain(written: string): string {
  if (!/^["']/.test(written)) return written.replace(/^(-?\d+)\.0$/, '$1');
  const inside = written.slice(1, -1);
  try {
    return JSON.parse(`"${inside.replace(/\\'/g, "'").replace(/(?<!\\)"/g, '\\"')}"`) as string;
  } catch {
    return inside;
  }
}

/** The text with another threshold at the comparison that begins at `at`. */
export function tuned(text: string, at: number, value: number): string {
  const head = text.slice(0, at);
  const rest = text.slice(at);
  const found = /^([\w.]+\s*(?:<=|>=|==|!=|<|>)\s*)(\([^)]*\)|-?[\d.]+)/.exec(rest);
  if (!found?.[1] || found[2] === undefined) return text;
  const isWhole = /^-?\d+$/.test(found[2]);
  const number = isWhole ? String(Math.round(value)) : literal(String(value), 'number');
  return head + found[1] + (number ?? found[2]) + rest.slice(found[0].length);
}

/** The cards with one more test, which has to hold too. */
export function withTest(cards: Cards, test: Tested): Cards {
  const { when } = cards;
  const isOpen = !when.is_not && (when.joiner === 'all' || when.items.length < 2);
  return {
    ...cards,
    when: isOpen
      ? { ...when, joiner: 'all', items: [...when.items, test] }
      : { ...NOTHING, items: [when, test] },
  };
}

export function namesIn(cards: Cards): string[] {
  const names = (item: Item): string[] =>
    item.kind === 'group'
      ? item.items.flatMap(names)
      : item.kind === 'test'
        ? [item.name, ...(item.other ? [item.other] : [])]
        : [];
  return [...new Set([...names(cards.when), ...(cards.unless ? names(cards.unless) : [])])];
}
