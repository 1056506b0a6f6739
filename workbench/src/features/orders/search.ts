// Which orders are looked for: all of it stands in the address.
import type { Schemas } from '@api/client';
import { SEVERITIES, type Severity } from '@components/SeverityTag';

type Status = Schemas['OrderStatus'];

export const STATUSES: readonly Status[] = [
  'pending_payment',
  'paid',
  'fulfilling',
  'shipped',
  'delivered',
  'completed',
  'cancelled',
  'closed',
];

export interface Wanted {
  q?: string;
  shop?: string;
  channel?: string;
  status?: Status;
  risk?: Severity;
  health?: Severity;
  rule?: string;
  held?: boolean;
}

export function readWanted(query: URLSearchParams): Wanted {
  const known = <T extends string>(name: string, all: readonly T[]): T | undefined =>
    all.find((one) => one === query.get(name));
  const wanted: Record<keyof Wanted, string | boolean | undefined> = {
    q: query.get('q')?.trim() ?? undefined,
    channel: query.get('channel') ?? undefined,
    shop: query.get('shop') ?? undefined,
    status: known('status', STATUSES),
    risk: known('risk', SEVERITIES),
    health: known('health', SEVERITIES),
    rule: query.get('rule') ?? undefined,
    held: query.get('held') === '1' ? true : undefined,
  };
  const said = Object.entries(wanted).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(said);
}

export function writeWanted(wanted: Wanted): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted))
    if (typeof value === 'string' && value) query.set(name, value);
    else if (value === true) query.set(name, '1');
  return query;
}
