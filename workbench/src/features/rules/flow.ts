// How rules hang together: listen → facts → features → rules → severity → playbook.
import type { Schemas } from '@api/client';
import { SEVERITIES, type Severity } from '@components/SeverityTag';

export type Layer = 'listen' | 'facts' | 'features' | 'rules' | 'severity' | 'playbook';
export const LAYERS: readonly Layer[] = [
  'listen',
  'facts',
  'features',
  'rules',
  'severity',
  'playbook',
];

export interface Place {
  id: string;
  layer: Layer;
  /** How far down it stands, in rows; not always a whole number. */
  row: number;
  name: string;
  /** Hits of a rule or a severity, rules that use a value, steps of a playbook. */
  count: number | null;
}
export interface Line {
  from: string;
  to: string;
  /** Only a draft has it: nothing judges by it. */
  isDraft: boolean;
}
export interface Flow {
  places: Place[];
  lines: Line[];
}

type Row = Schemas['Row'];
const WORST_FIRST = [...SEVERITIES].reverse();

export const idOf = (layer: Layer, name: string): string => `${layer}:${name}`;

/** What a value is a fact about: `order` of `order.amount`. */
export const factOf = (name: string): string => name.split('.')[0] ?? name;

export function flowOf(
  rows: readonly Row[],
  catalogue: Schemas['Catalogue'],
  playbooks: readonly Schemas['Playbook'][],
): Flow {
  const operands = new Map(catalogue.operands.map((one) => [one.name, one]));
  const places = new Map<string, Place>();
  const lines = new Map<string, Line>();
  const place = (layer: Layer, name: string, count: number | null = null) => {
    const id = idOf(layer, name);
    if (!places.has(id)) places.set(id, { id, layer, row: 0, name, count });
    return id;
  };
  const join = (from: string, to: string, isDraft: boolean) => {
    const known = lines.get(`${from}>${to}`);
    if (!known || known.isDraft) lines.set(`${from}>${to}`, { from, to, isDraft });
  };
  for (const severity of WORST_FIRST) {
    const own = rows.filter((row) => row.severity === severity);
    const at = place(
      'severity',
      severity,
      own.reduce((sum, row) => sum + row.hits, 0),
    );
    for (const one of playbooks)
      if (one.severity === severity) join(at, place('playbook', one.id, one.steps.length), false);
  }
  const uses = (name: string, rule: string, isDraft: boolean) => {
    const operand = operands.get(name);
    if (!operand) return;
    const fact = place('facts', factOf(name));
    if (operand.kind === null) join(fact, rule, isDraft);
    else {
      const feature = place('features', name);
      join(fact, feature, isDraft);
      join(feature, rule, isDraft);
    }
    for (const channel of operand.channels) join(place('listen', channel), fact, isDraft);
  };
  for (const row of rows) {
    const rule = place('rules', row.id, row.hits);
    const isNew = row.status === 'draft';
    join(rule, place('severity', row.severity), isNew);
    if (row.draft_severity) join(rule, place('severity', row.draft_severity), true);
    for (const name of row.names) uses(name, rule, isNew);
    for (const name of row.draft_names) uses(name, rule, true);
  }
  const flow = { places: [...places.values()], lines: [...lines.values()] };
  countUses(flow);
  arrange(flow, rows);
  return flow;
}

function countUses({ places, lines }: Flow): void {
  for (const one of places) {
    if (one.layer !== 'features' && one.layer !== 'facts') continue;
    const next = lines.filter(({ from }) => from === one.id).map(({ to }) => to);
    const rules = next.flatMap((id) =>
      id.startsWith('rules:') ? [id] : lines.filter(({ from }) => from === id).map(({ to }) => to),
    );
    one.count = new Set(rules).size;
  }
}

/** Rules by severity; all else beside what it hangs together with, so that lines are short. */
function arrange({ places, lines }: Flow, rows: readonly Row[]): void {
  const rank = new Map(rows.map((row) => [row.id, WORST_FIRST.indexOf(row.severity)]));
  const placed = new Map<string, number>();
  const rankOf = ({ name }: Place) => rank.get(name) ?? 0;
  const rules = places.filter((one) => one.layer === 'rules');
  // As far apart as the longest column asks for, so that nothing is pushed far from its own.
  const count = (layer: Layer) => places.filter((one) => one.layer === layer).length;
  const step = Math.max(...LAYERS.map(count)) / Math.max(rules.length, 1);
  [...rules]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .forEach((one, row) => placed.set(one.id, (one.row = row * step)));
  for (const layer of ['severity', 'playbook', 'features', 'facts', 'listen'] as const) {
    const wanted = places
      .filter((one) => one.layer === layer)
      .map((one) => ({ one, row: middle(one.id, lines, placed) }));
    // The ladder stays a ladder, whatever hangs on each rung.
    if (layer !== 'severity') wanted.sort((a, b) => a.row - b.row);
    let next = 0;
    for (const { one, row } of wanted) {
      one.row = Math.max(next, row);
      next = one.row + 1;
    }
    for (const { one } of wanted) placed.set(one.id, one.row);
  }
}

function middle(id: string, lines: readonly Line[], placed: ReadonlyMap<string, number>): number {
  const rows = lines
    .filter(({ from, to, isDraft }) => !isDraft && (from === id || to === id))
    .flatMap(({ from, to }) => placed.get(from === id ? to : from) ?? []);
  return rows.length > 0 ? rows.reduce((sum, row) => sum + row, 0) / rows.length : 0;
}

/** What a place leads to and comes from, itself included. */
export function reachedFrom(flow: Flow, id: string): Set<string> {
  const reached = new Set([id]);
  const follow = (start: string, step: 'from' | 'to', other: 'from' | 'to') => {
    const waiting = [start];
    while (waiting.length > 0) {
      const here = waiting.pop();
      for (const line of flow.lines)
        if (line[step] === here && !reached.has(line[other])) {
          reached.add(line[other]);
          waiting.push(line[other]);
        }
    }
  };
  follow(id, 'from', 'to');
  follow(id, 'to', 'from');
  return reached;
}

/**
 * What a new line asks for: another severity of a rule, one more condition of it, or that a
 * severity's own playbook does what another one does.
 */
export type Rewiring =
  | { kind: 'severity'; rule: string; severity: Severity }
  | { kind: 'condition'; rule: string }
  | { kind: 'steps'; playbook: string; as: string };

type Named = Pick<Schemas['Playbook'], 'id' | 'severity'>;
export interface Known {
  rows: readonly Row[];
  playbooks: readonly Named[];
}

export function rewiring({ rows, playbooks }: Known, from: string, to: string): Rewiring | null {
  const [start, end] = [readId(from), readId(to)];
  if (start?.layer === 'severity' && end?.layer === 'playbook') {
    const own = ownOf(playbooks, start.name);
    return own && own.id !== end.name ? { kind: 'steps', playbook: own.id, as: end.name } : null;
  }
  if (start?.layer === 'rules' && end?.layer === 'severity') {
    const severity = SEVERITIES.find((one) => one === end.name);
    const row = rows.find((one) => one.id === start.name);
    if (!row || !severity || severity === proposed(row)) return null;
    return { kind: 'severity', rule: row.id, severity };
  }
  const isValue = start?.layer === 'features' || start?.layer === 'facts';
  return isValue && end?.layer === 'rules' ? { kind: 'condition', rule: end.name } : null;
}

/** The one playbook that answers a severity; a severity may have none. */
export function ownOf<P extends Named>(playbooks: readonly P[], severity: string): P | undefined {
  return playbooks.find((one) => one.severity === severity);
}

/** A severity's playbook with the steps of another one, to be looked at and kept as a draft. */
export const asAnother = (own: string, other: string): string =>
  `/playbooks?id=${own}&edit=1&as=${other}`;

/** The severity that the rule's draft would have; its own where it has none. */
export function proposed(row: Row): Severity {
  return row.draft_severity ?? row.severity;
}

/** The values that a place stands for: a feature itself, of a fact all that is told of it. */
export function valuesOf(
  place: { layer: Layer; name: string },
  operands: readonly Schemas['Operand'][],
): string[] {
  if (place.layer === 'features') return [place.name];
  if (place.layer !== 'facts') return operands.map((one) => one.name);
  return operands
    .filter((one) => one.kind === null && factOf(one.name) === place.name)
    .map((one) => one.name);
}

export function readId(id: string): { layer: Layer; name: string } | null {
  const at = id.indexOf(':');
  const layer = LAYERS.find((one) => one === id.slice(0, at));
  return layer ? { layer, name: id.slice(at + 1) } : null;
}
