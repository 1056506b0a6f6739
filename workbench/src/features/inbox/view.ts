// Which cases are looked at, and in what order: all of it stands in the address.
import type { Schemas } from '@api/client';
import { SEVERITIES, type Severity } from '@components/SeverityTag';

export type Row = Schemas['CaseRow'];
export type Standing = 'waiting' | 'closed' | 'all';
export type Who = 'anybody' | 'me' | 'nobody';
export type Sort = 'urgency' | 'due' | 'newest';

export const STANDINGS: readonly [Standing, ...Standing[]] = ['waiting', 'closed', 'all'];
export const WHO: readonly [Who, ...Who[]] = ['anybody', 'nobody', 'me'];
export const SORTS: readonly [Sort, ...Sort[]] = ['urgency', 'due', 'newest'];
export const INBOXES: readonly Schemas['Inbox'][] = ['service', 'risk', 'operations', 'finance'];

export interface View {
  standing: Standing;
  severities: readonly Severity[];
  inboxes: readonly Schemas['Inbox'][];
  who: Who;
  rules: readonly string[];
  text: string;
  sort: Sort;
}

/** The first is what goes without saying. */
function oneOf<T extends string>(known: readonly [T, ...T[]], text: string | null): T {
  return known.find((one) => one === text) ?? known[0];
}

function some<T extends string>(known: readonly T[], text: string | null): readonly T[] {
  const said = new Set((text ?? '').split(','));
  return known.filter((one) => said.has(one));
}

export function readView(query: URLSearchParams): View {
  return {
    standing: oneOf(STANDINGS, query.get('status')),
    severities: some(SEVERITIES, query.get('severity')),
    inboxes: some(INBOXES, query.get('inbox')),
    who: oneOf(WHO, query.get('who')),
    rules: (query.get('rule') ?? '').split(',').filter(Boolean),
    text: query.get('q') ?? '',
    sort: oneOf(SORTS, query.get('sort')),
  };
}

/** The view as a query, with nothing in it that goes without saying. */
export function writeView(view: View): URLSearchParams {
  const query = new URLSearchParams();
  const put = (name: string, text: string, usual = '') => {
    if (text && text !== usual) query.set(name, text);
  };
  put('status', view.standing, STANDINGS[0]);
  put('severity', view.severities.join(','));
  put('inbox', view.inboxes.join(','));
  put('who', view.who, WHO[0]);
  put('rule', view.rules.join(','));
  put('q', view.text.trim());
  put('sort', view.sort, SORTS[0]);
  return query;
}

export const isWaiting = (row: Row): boolean => row.status === 'open' || row.status === 'waiting';

/** Whether a view has a row. `me` is who looks. */
export function fits(row: Row, view: View, me: string): boolean {
  if (row.status === 'merged') return false;
  if (view.standing !== 'all' && isWaiting(row) !== (view.standing === 'waiting')) return false;
  if (view.severities.length > 0 && !view.severities.includes(row.severity)) return false;
  if (view.inboxes.length > 0 && !view.inboxes.includes(row.inbox)) return false;
  if (view.who === 'me' && row.assignee !== me) return false;
  if (view.who === 'nobody' && row.assignee !== null) return false;
  if (view.rules.length > 0 && !row.rules.some((rule) => view.rules.includes(rule))) return false;
  return hasText(row, view.text.trim().toLowerCase());
}

function hasText(row: Row, text: string): boolean {
  if (!text) return true;
  const said = [row.case_id, row.order_id, row.assignee, row.subject?.key, row.shop, ...row.rules];
  return said.some((one) => one?.toLowerCase().includes(text));
}

const RANK = new Map(SEVERITIES.map((severity, rank) => [severity, rank]));

function byUrgency(a: Row, b: Row): number {
  return (RANK.get(b.severity) ?? 0) - (RANK.get(a.severity) ?? 0) || byDue(a, b);
}

function byDue(a: Row, b: Row): number {
  return a.due_at < b.due_at ? -1 : a.due_at > b.due_at ? 1 : byId(a, b);
}

function byNewest(a: Row, b: Row): number {
  return a.created_at > b.created_at ? -1 : a.created_at < b.created_at ? 1 : byId(a, b);
}

function byId(a: Row, b: Row): number {
  return a.case_id < b.case_id ? -1 : 1;
}

const COMPARE: Record<Sort, (a: Row, b: Row) => number> = {
  urgency: byUrgency,
  due: byDue,
  newest: byNewest,
};

/** The ids of what a view has, in its order. */
export function arrange(rows: Iterable<Row>, view: View, me: string): string[] {
  return [...rows]
    .filter((row) => fits(row, view, me))
    .sort(COMPARE[view.sort])
    .map((row) => row.case_id);
}
