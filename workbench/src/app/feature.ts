// What a folder of `features/` says of itself. Being there is enough: no list names it.
import type { ComponentType } from 'react';
import type { Schemas } from '@api/client';

export type Role = 'operations' | 'service' | 'risk' | 'analyst' | 'finance' | 'admin';
export type Right = Schemas['Right'];

export interface Feature {
  /** Its address under `/workbench/`, which may go on: `orders` has `orders/:channel/…` too. */
  path: string;
  /** Its place in the menu; null: not in the menu. */
  order: number | null;
  /** Who sees it; missing: everybody. */
  roles?: readonly Role[];
  icon: ComponentType;
  /** Its page, as a chunk of its own; it has its own `<Routes>` if it has several places. */
  page: () => Promise<{ default: ComponentType }>;
}

export interface Placed extends Feature {
  /** The folder's name, which is also the name space of its words; `title` names it in the menu. */
  name: string;
}

const found = import.meta.glob<{ default: Feature }>('../features/*/feature.ts', { eager: true });

export const FEATURES: readonly Placed[] = Object.entries(found)
  .map(([path, module]) => ({ name: path.split('/')[2] ?? path, ...module.default }))
  .sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || (a.name < b.name ? -1 : 1));

export function isSeenBy(feature: Feature, role: string): boolean {
  return !feature.roles || (feature.roles as readonly string[]).includes(role);
}
