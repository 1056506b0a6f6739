import { DashboardOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'live',
  order: 10,
  icon: DashboardOutlined,
  page: () => import('./index'),
} satisfies Feature;
