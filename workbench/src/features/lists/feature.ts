import { SolutionOutlined } from '@ant-design/icons';
import type { Feature } from '@app/feature';

export default {
  path: 'lists',
  order: 500,
  icon: SolutionOutlined,
  page: () => import('./index'),
} satisfies Feature;
