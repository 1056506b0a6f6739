// How a shop stands, in a word: the worst first.
import type { Schemas } from '@api/client';

export type Shop = Schemas['ShopState'];
export type ShopWord = 'refused' | 'failing' | 'stopped' | 'waiting' | 'quiet' | 'heard';

const QUIET_MS_MIN = 24 * 3_600_000;

export function wordOf(shop: Shop, now: number): ShopWord {
  if (shop.problems.length > 0) return 'refused';
  if (shop.connection?.failure) return 'failing';
  if (shop.stopped_by !== null) return 'stopped';
  if (shop.last_event_at === null) return 'waiting';
  return now - Date.parse(shop.last_event_at) > QUIET_MS_MIN ? 'quiet' : 'heard';
}

/** The severity whose colour the word has. */
export const TONES: Record<ShopWord, string> = {
  refused: 'critical',
  failing: 'high',
  stopped: 'medium',
  waiting: 'info',
  quiet: 'low',
  heard: 'good',
};

export function placeOf(shop: { channel: string; shop: string }): string {
  return `${shop.channel}/${shop.shop}`;
}

export interface ChannelShops {
  channel: string;
  title: string;
  shops: Shop[];
}

/** Channels by their title, shops by their name. */
export function byChannel(shops: readonly Shop[]): ChannelShops[] {
  const found = new Map<string, ChannelShops>();
  for (const shop of shops) {
    const group = found.get(shop.channel) ?? {
      channel: shop.channel,
      title: shop.title,
      shops: [],
    };
    group.shops.push(shop);
    found.set(shop.channel, group);
  }
  return [...found.values()].sort((a, b) => (a.title < b.title ? -1 : 1));
}

/** The address with the host that the browser has, where the server knows none. */
export function wholeUrl(url: string): string {
  return url.startsWith('/') ? `${location.origin}${url}` : url;
}
