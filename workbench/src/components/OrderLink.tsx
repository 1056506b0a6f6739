import { Link } from 'react-router';

interface Named {
  channel: string;
  shop: string;
  order_id: string;
}

export function addressOf({ channel, shop, order_id }: Named): string {
  return `/orders/${[channel, shop, order_id].map(encodeURIComponent).join('/')}`;
}

/** An order's number, which leads to its page. */
export function OrderLink({ order }: { order: Named }) {
  return (
    <Link to={addressOf(order)} className="og-number">
      {order.order_id}
    </Link>
  );
}
