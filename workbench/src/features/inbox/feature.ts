import { InboxOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'inbox',
  order: 20,
  roles: ['operations', 'service', 'risk', 'finance', 'admin'],
  icon: InboxOutlined,
  page: () => import('./index'),
} satisfies Feature;
