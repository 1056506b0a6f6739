// Around the menu in a minute: what each page is for. Those that a role does not see are left out.
import { Tour as AntTour } from 'antd';

import type { Placed } from './feature';
import { useWords } from './words';

const STOPS = ['live', 'inbox', 'orders', 'rules', 'results', 'connectors'];

interface Props {
  features: readonly Placed[];
  onClose: () => void;
}

export function Tour({ features, onClose }: Props) {
  const { t } = useWords();
  const steps = features
    .filter(({ name }) => STOPS.includes(name))
    .map(({ name, path }) => ({
      title: t(`${name}:title`),
      description: t(`tour.${name}`),
      placement: 'right' as const,
      target: document.querySelector<HTMLElement>(`.og-menu a[href$="/${path}"]`),
    }));
  return <AntTour open onClose={onClose} onFinish={onClose} steps={steps} />;
}
