import {
  CompassOutlined,
  LogoutOutlined,
  MenuOutlined,
  SearchOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { Button, Dropdown, Input, Layout, Tag } from 'antd';
import { useNavigate } from 'react-router';

import { client } from '@api/client';

import type { Placed } from './feature';
import { Freshness } from './Freshness';
import { addressOfOrder } from './search';
import { useSession } from './session';
import { endLine } from './stream/line';
import { LanguageSwitch, SchemeSwitch } from './Switches';
import { useWords } from './words';

interface Props {
  features: readonly Placed[];
  onMenu: () => void;
  /** Missing: there is no menu beside the page to be shown around. */
  onTour: (() => void) | undefined;
  title: string | undefined;
}

export function Header({ features, onMenu, onTour, title }: Props) {
  const { t } = useWords();
  const session = useSession();
  return (
    <Layout.Header className="og-header">
      <Button type="text" icon={<MenuOutlined />} aria-label={t('menu.button')} onClick={onMenu} />
      <h1 className="og-title">{title}</h1>
      {features.some(({ name }) => name === 'orders') && <Search />}
      <span className="og-space" />
      <Freshness />
      {session.mode === 'shadow' && (
        <Tag className="og-wide" title={t('mode.shadow_text')}>
          {t('mode.shadow')}
        </Tag>
      )}
      <LanguageSwitch />
      <SchemeSwitch />
      <Person onTour={onTour} />
    </Layout.Header>
  );
}

function Search() {
  const { t } = useWords();
  const navigate = useNavigate();
  return (
    <Input
      className="og-search og-wide"
      allowClear
      prefix={<SearchOutlined />}
      placeholder={t('search.hint')}
      aria-label={t('search.label')}
      onPressEnter={(event) => {
        const address = addressOfOrder(event.currentTarget.value);
        if (address) void navigate(address);
      }}
    />
  );
}

function Person({ onTour }: Pick<Props, 'onTour'>) {
  const { t } = useWords();
  const { name, role } = useSession();
  const signOut = async () => {
    await client.DELETE('/api/v1/session').catch(() => undefined);
    endLine('signed-out');
    location.assign('/workbench/');
  };
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'role', disabled: true, label: t(`role.${role}`) },
          { type: 'divider' },
          ...(onTour
            ? [{ key: 'tour', icon: <CompassOutlined />, label: t('tour.button') }]
            : []),
          { key: 'out', icon: <LogoutOutlined />, label: t('sign_out') },
        ],
        onClick: ({ key }) => {
          if (key === 'out') void signOut();
          if (key === 'tour') onTour?.();
        },
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={`${name} ${t(`role.${role}`)}`}>
        <span className="og-wide">
          {name} <span className="og-note">{t(`role.${role}`)}</span>
        </span>
      </Button>
    </Dropdown>
  );
}
