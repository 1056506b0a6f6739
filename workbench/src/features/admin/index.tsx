// Who may come in, how the installation stands, and how it is set.
import { Tabs } from 'antd';
import { useSearchParams } from 'react-router';

import { useWords } from '@app/words';

import styles from './admin.module.css';
import { Health } from './Health';
import { People } from './People';
import { Settings } from './Settings';
import { Tokens } from './Tokens';

export default function Admin() {
  const { t } = useWords('admin');
  const [view, setView] = useSearchParams();
  return (
    <Tabs
      activeKey={view.get('tab') ?? 'people'}
      onChange={(tab) => setView({ tab })}
      destroyOnHidden
      items={[
        {
          key: 'people',
          label: t('tab.people'),
          children: (
            <div className={styles.page}>
              <People />
              <Tokens />
            </div>
          ),
        },
        { key: 'health', label: t('tab.health'), children: <Health /> },
        { key: 'settings', label: t('tab.settings'), children: <Settings /> },
      ]}
    />
  );
}
