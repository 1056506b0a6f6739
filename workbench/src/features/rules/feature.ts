import { ControlOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'rules',
  order: 40,
  roles: ['risk', 'analyst', 'operations', 'admin'],
  icon: ControlOutlined,
  page: () => import('./index'),
} satisfies Feature;
