import { ApiOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'connectors',
  order: 800,
  icon: ApiOutlined,
  page: () => import('./index'),
} satisfies Feature;
