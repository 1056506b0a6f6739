import { BarcodeOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'stock',
  order: 600,
  icon: BarcodeOutlined,
  page: () => import('./index'),
} satisfies Feature;
