import { Menu } from 'antd';
import { Link } from 'react-router';

import type { Placed } from './feature';
import { useWords } from './words';

interface Props {
  features: readonly Placed[];
  here: string | undefined;
  onChoose: () => void;
}

export function SideMenu({ features, here, onChoose }: Props) {
  const { t } = useWords();
  const items = features
    .filter(({ order }) => order !== null)
    .map(({ name, path, icon: Icon }) => ({
      key: name,
      icon: <Icon />,
      label: <Link to={`/${path}`}>{t(`${name}:title`)}</Link>,
    }));
  return (
    <nav aria-label={t('menu.label')}>
      <Menu
        mode="inline"
        items={items}
        selectedKeys={here ? [here] : []}
        onClick={onChoose}
        className="og-menu"
      />
    </nav>
  );
}
