import { SendOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'actions',
  order: 750,
  icon: SendOutlined,
  page: () => import('./index'),
} satisfies Feature;
