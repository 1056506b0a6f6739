import { InboxOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'stock',
  order: 600,
  icon: InboxOutlined,
  page: () => import('./index'),
} satisfies Feature;
