// Views with names, kept in this browser: a name and the query that it stands for.
const KEPT_AS = 'orderguard.inbox.views';
export const VIEWS_MAX = 20;

export interface SavedView {
  name: string;
  query: string;
}

/** Views that everybody has; their names are words. */
export const USUAL: readonly { key: 'all' | 'mine' | 'free' | 'grave'; query: string }[] = [
  { key: 'all', query: '' },
  { key: 'mine', query: 'who=me' },
  { key: 'free', query: 'who=nobody' },
  { key: 'grave', query: 'severity=high,critical' },
];

export function savedViews(): SavedView[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? '[]');
    if (!Array.isArray(found)) return [];
    return (found as Partial<SavedView>[]).filter(
      (one): one is SavedView => typeof one.name === 'string' && typeof one.query === 'string',
    );
  } catch {
    return [];
  }
}

/** Keep a view under a name; one of the same name is replaced. Returns all. */
export function saveView(view: SavedView): SavedView[] {
  const others = savedViews().filter(({ name }) => name !== view.name);
  const all = [...others, view].slice(-VIEWS_MAX);
  localStorage.setItem(KEPT_AS, JSON.stringify(all));
  return all;
}

export function dropView(name: string): SavedView[] {
  const all = savedViews().filter((one) => one.name !== name);
  localStorage.setItem(KEPT_AS, JSON.stringify(all));
  return all;
}

export function isSameQuery(a: string, b: string): boolean {
  const sorted = (text: string) => decodeURIComponent(text).split('&').toSorted().join('&');
  return sorted(a) === sorted(b);
}
