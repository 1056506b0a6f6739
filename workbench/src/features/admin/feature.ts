import { SettingOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'admin',
  order: 850,
  icon: SettingOutlined,
  roles: ['admin'],
  page: () => import('./index'),
} satisfies Feature;
