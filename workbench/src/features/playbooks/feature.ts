import { NodeIndexOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'playbooks',
  order: 50,
  roles: ['risk', 'analyst', 'operations', 'admin'],
  icon: NodeIndexOutlined,
  page: () => import('./index'),
} satisfies Feature;
