import { FileSearchOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'cases',
  order: null, // It is come to from the inbox.
  icon: FileSearchOutlined,
  page: () => import('./index'),
} satisfies Feature;
