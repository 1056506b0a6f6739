import { BarChartOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'results',
  order: 700,
  icon: BarChartOutlined,
  page: () => import('./index'),
} satisfies Feature;
