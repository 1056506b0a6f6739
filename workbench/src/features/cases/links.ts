// Orders and whom they share: who stands in the picture, and where.
import type { Schemas } from '@api/client';

type Order = Pick<Schemas['OrderRow'], 'channel' | 'shop' | 'order_id' | 'entities'>;
type Profile = Schemas['Profile'];
export type EntityKind = Schemas['ProfileKind'];

export interface Entity {
  id: string;
  kind: EntityKind;
  key: string;
  /** Orders of the case that it had a part in. */
  orders: string[];
  bad: number;
  good: number;
}

export interface Links {
  orders: string[];
  entities: Entity[];
  /** So many orders and entities are left out. */
  hidden: number;
}

const ORDERS_MAX = 24;
const ENTITIES_MAX = 24;
/** A few orders are shown with all that they have, many with what they share. */
const ALL_UP_TO = 4;

export function linksOf(orders: readonly Order[], profiles: readonly Profile[]): Links {
  const remembered = new Map(profiles.map((one) => [`${one.kind} ${one.key}`, one]));
  const shown = orders.slice(0, ORDERS_MAX);
  const found = new Map<string, Entity>();
  for (const order of shown) {
    for (const { kind, key } of order.entities) {
      const id = `${kind} ${key}`;
      const known = found.get(id);
      if (known) {
        known.orders.push(order.order_id);
      } else {
        const profile = remembered.get(id);
        const [bad, good] = [profile?.confirmed_bad ?? 0, profile?.confirmed_good ?? 0];
        found.set(id, { id, kind, key, orders: [order.order_id], bad, good });
      }
    }
  }
  const telling = [...found.values()]
    .filter((one) => shown.length <= ALL_UP_TO || one.orders.length > 1 || one.bad > 0)
    .toSorted((a, b) => b.bad - a.bad || b.orders.length - a.orders.length);
  const entities = telling.slice(0, ENTITIES_MAX);
  return {
    orders: shown.map((one) => one.order_id),
    entities,
    hidden: orders.length - shown.length + telling.length - entities.length,
  };
}

export const LEFT: ReadonlySet<EntityKind> = new Set(['buyer', 'phone', 'payer']);
const STEP_X = 250;
const STEP_Y = 46;

export interface Placed {
  id: string;
  x: number;
  y: number;
}

/** Orders in the middle; people and money on the left, places and machines on the right. */
export function placesOf({ orders, entities }: Links): Placed[] {
  const column = (ids: readonly string[], x: number): Placed[] =>
    ids.map((id, row) => ({ id, x, y: (row - (ids.length - 1) / 2) * STEP_Y }));
  const left = entities.filter(({ kind }) => LEFT.has(kind)).map(({ id }) => id);
  const right = entities.filter(({ kind }) => !LEFT.has(kind)).map(({ id }) => id);
  return [
    ...column(left, 0),
    ...column(
      orders.map((id) => `order ${id}`),
      STEP_X,
    ),
    ...column(right, 2 * STEP_X),
  ];
}
