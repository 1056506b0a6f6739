// All rows that are known, fed by pages at first and by the stream from then on. What is shown
// keeps its order until somebody asks for a new one: nothing moves under who reads or points.
import type { Schemas } from '@api/client';

import { arrange, fits, type Row, type View } from './view';

type Case = Schemas['Case'];
type Alert = Schemas['Alert'];

const ALERTS_KEPT_MAX = 5_000;
const NAMED_MAX = 20;

/** A case of the stream as a row; what only alerts tell comes from those, or stays as it was. */
export function rowOf(one: Case, known: Row | undefined, alerts: ReadonlyMap<string, Alert>): Row {
  const named = one.alert_ids.slice(0, NAMED_MAX);
  const found = named.flatMap((id) => alerts.get(id) ?? []);
  const gravest = found.toSorted((a, b) => b.score - a.score)[0];
  const rules = new Set([...(known?.rules ?? []), ...found.flatMap((alert) => alert.rules)]);
  return {
    case_id: one.case_id,
    severity: one.severity,
    status: one.status,
    kind: one.kind,
    inbox: one.inbox,
    assignee: one.assignee,
    due_at: one.due_at,
    created_at: one.created_at,
    updated_at: one.updated_at,
    escalations: one.escalations,
    rules: [...rules],
    subject: known?.subject ?? gravest?.subject ?? null,
    channel: known?.channel ?? gravest?.channel ?? '',
    shop: known?.shop ?? gravest?.shop ?? '',
    score: Math.max(known?.score ?? 0, gravest?.score ?? 0),
    orders: one.order_ids.length,
    order_id: one.order_ids.at(-1) ?? null,
    alert_ids: named,
    disposition: one.disposition,
    undo_until: one.undo_until,
  };
}

/** What is shown: `ids` in their order, `fresh` how many wait to be let in. */
export interface Shelf {
  ids: readonly string[];
  fresh: number;
  /** Rows that are shown and do not belong here any more. */
  stale: number;
  version: number;
}

export class Rows {
  readonly rows = new Map<string, Row>();
  /** Decided, and the answer is on its way: nobody who types fast waits for it. */
  readonly deciding = new Set<string>();
  private readonly alerts = new Map<string, Alert>();
  private readonly readers = new Set<() => void>();
  private readonly fresh = new Set<string>();
  private readonly stale = new Set<string>();
  private shown = new Set<string>();
  private isSettled = false;
  private shelf: Shelf = { ids: [], fresh: 0, stale: 0, version: 0 };

  constructor(
    private view: View,
    private readonly me: string,
  ) {}

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  readonly snapshot = (): Shelf => this.shelf;

  /** A page of rows from the server; what the stream told later is newer. */
  page(rows: readonly Row[]): void {
    for (const row of rows) {
      const known = this.rows.get(row.case_id);
      if (known && known.updated_at > row.updated_at) continue;
      this.rows.set(row.case_id, row);
      if (this.isSettled) this.place(row);
    }
    if (this.isSettled) this.tell();
    else this.tidy();
  }

  /** All pages are here: from now on nothing moves by itself. */
  settle(): void {
    this.isSettled = true;
  }

  batch(cases: readonly Case[], alerts: readonly Alert[]): void {
    for (const alert of alerts) this.keep(alert);
    for (const one of cases) {
      const row = rowOf(one, this.rows.get(one.case_id), this.alerts);
      this.rows.set(row.case_id, row);
      this.place(row);
    }
    if (cases.length > 0) this.tell();
  }

  /** Changes that are known before the stream tells them. */
  patch(caseIds: readonly string[], change: Partial<Row>): void {
    for (const caseId of caseIds) {
      const row = this.rows.get(caseId);
      if (!row) continue;
      this.rows.set(caseId, { ...row, ...change });
      this.place({ ...row, ...change });
    }
    this.tell();
  }

  look(view: View): void {
    this.view = view;
    this.isSettled = false;
    this.tidy();
  }

  /** Let in what is new, let go what is done, and sort. */
  tidy(): void {
    const ids = arrange(this.rows.values(), this.view, this.me);
    this.shown = new Set(ids);
    this.fresh.clear();
    this.stale.clear();
    this.tell(ids);
  }

  private keep(alert: Alert): void {
    this.alerts.delete(alert.alert_id);
    this.alerts.set(alert.alert_id, alert);
    const oldest = this.alerts.keys().next().value;
    if (this.alerts.size > ALERTS_KEPT_MAX && oldest !== undefined) this.alerts.delete(oldest);
  }

  private place(row: Row): void {
    const belongs = fits(row, this.view, this.me);
    const isShown = this.shown.has(row.case_id);
    if (belongs && !isShown) this.fresh.add(row.case_id);
    else this.fresh.delete(row.case_id);
    if (!belongs && isShown) this.stale.add(row.case_id);
    else this.stale.delete(row.case_id);
  }

  private tell(ids: readonly string[] = this.shelf.ids): void {
    this.shelf = {
      ids,
      fresh: this.fresh.size,
      stale: this.stale.size,
      version: this.shelf.version + 1,
    };
    this.readers.forEach((reader) => reader());
  }
}
