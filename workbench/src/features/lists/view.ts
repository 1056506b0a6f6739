import type { Schemas } from '@api/client';

export interface ViewProps {
  view: URLSearchParams;
  set: (changes: Record<string, string | null>) => void;
}

export const LISTS = ['allow', 'watch', 'block'] as const satisfies readonly Schemas['ListName'][];
export type ListName = (typeof LISTS)[number];
export const KINDS = [
  'buyer',
  'device',
  'payer',
  'phone',
  'address',
  'ip',
  'email',
] as const satisfies readonly Schemas['ListKind'][];
export const PROFILE_KINDS = [
  'buyer',
  'payer',
  'device',
  'doorstep',
  'phone',
  'segment',
] as const satisfies readonly Schemas['ProfileKind'][];

/** What a person picked, as an instant of the shop's zone; nothing means for ever. */
export function endOf(picked: string | undefined): string | null {
  return picked ? `${picked}:00+08:00` : null;
}

/** Of the orders whose outcome is known, how many were bad; null where none is. */
export function badShare(profile: { confirmed_bad: number; confirmed_good: number }) {
  const known = profile.confirmed_bad + profile.confirmed_good;
  return known === 0 ? null : profile.confirmed_bad / known;
}
