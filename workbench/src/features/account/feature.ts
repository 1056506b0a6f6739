import { UserOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'account',
  order: 900,
  icon: UserOutlined,
  page: () => import('./index'),
} satisfies Feature;
