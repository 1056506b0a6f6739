/** Where an order is looked at: `channel/shop/order_id` at once, anything else in a search. */
export function addressOfOrder(text: string): string | null {
  const wanted = text.trim();
  if (!wanted) return null;
  const parts = wanted.split('/');
  if (parts.length === 3 && parts.every(Boolean))
    return `/orders/${parts.map(encodeURIComponent).join('/')}`;
  return `/orders?q=${encodeURIComponent(wanted)}`;
}
