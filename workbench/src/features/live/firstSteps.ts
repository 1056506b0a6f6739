import type { Schemas } from '@api/client';

interface Known {
  shops: readonly Pick<Schemas['ShopState'], 'last_event_at'>[];
  people: number;
  mode: Schemas['Session']['mode'];
}

export interface FirstStep {
  name: 'shop' | 'event' | 'people' | 'act';
  to: string;
  isDone: boolean;
}

export function firstSteps({ shops, people, mode }: Known): FirstStep[] {
  return [
    { name: 'shop', to: '/connectors?add=1', isDone: shops.length > 0 },
    { name: 'event', to: '/connectors', isDone: shops.some((one) => one.last_event_at !== null) },
    { name: 'people', to: '/admin', isDone: people > 0 },
    { name: 'act', to: '/admin?tab=settings', isDone: mode === 'live' },
  ];
}

/** Once events come and somebody else is let in, to act or to watch is a choice and no omission. */
export function isBegun(steps: readonly FirstStep[]): boolean {
  return steps.every(({ name, isDone }) => isDone || name === 'act');
}
