import { ShoppingOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'orders',
  order: 30,
  icon: ShoppingOutlined,
  page: () => import('./index'),
} satisfies Feature;
