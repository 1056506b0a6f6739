// How rules hang together: listen → facts → features → rules → severity → playbook.
import type { Schemas } from '@api/client';

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
  row: number;
  name: string;
  /** What it counts: orders of a rule, hits of a severity. */
  count: number | null;
  status?: string;
}
export interface Flow {
  places: Place[];
  lines: { from: string; to: string }[];
}

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'];

export function flowOf(
  rows: readonly Schemas['Row'][],
  catalogue: Schemas['Catalogue'],
  playbooks: readonly Schemas['Playbook'][],
): Flow {
  const operands = new Map(catalogue.operands.map((one) => [one.name, one]));
  const places = new Map<string, Place>();
  const lines = new Map<string, { from: string; to: string }>();
  const counts: Record<Layer, number> = {
    listen: 0,
    facts: 0,
    features: 0,
    rules: 0,
    severity: 0,
    playbook: 0,
  };
  const place = (layer: Layer, name: string, count: number | null = null, status?: string) => {
    const id = `${layer}:${name}`;
    if (!places.has(id)) {
      places.set(id, { id, layer, row: counts[layer], name, count, ...(status && { status }) });
      counts[layer] += 1;
    }
    return id;
  };
  const join = (from: string, to: string) => lines.set(`${from}>${to}`, { from, to });
  for (const severity of SEVERITIES) {
    const hits = rows
      .filter((row) => row.severity === severity)
      .reduce((sum, row) => sum + row.hits, 0);
    const playbook = playbooks.find((one) => one.severity === severity);
    if (!playbook && hits === 0) continue;
    const at = place('severity', severity, hits);
    if (playbook) join(at, place('playbook', playbook.id));
  }
  for (const row of rows) {
    const rule = place('rules', row.id, row.hits, row.status);
    join(rule, place('severity', row.severity));
    for (const name of row.names) {
      const operand = operands.get(name);
      if (!operand) continue;
      const fact = place('facts', name.split('.')[0] ?? name);
      if (operand.kind === null) join(fact, rule);
      else {
        const feature = place('features', name);
        join(fact, feature);
        join(feature, rule);
      }
      for (const channel of operand.channels) join(place('listen', channel), fact);
    }
  }
  return { places: [...places.values()], lines: [...lines.values()] };
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
