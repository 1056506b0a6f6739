import type { Schemas } from '@api/client';

export type Role = Schemas['Role'];

export const ROLES = [
  'operations',
  'service',
  'risk',
  'analyst',
  'finance',
  'admin',
] as const satisfies readonly Role[];

/** What a name may be: it stands in addresses. */
export const NAME = /^[^\s/\\]{1,100}$/;
