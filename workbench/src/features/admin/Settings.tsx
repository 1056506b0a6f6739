import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';

import { api } from '@api/client';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import styles from './admin.module.css';
import { shown } from './shown';

/** All settings as they are in force; they are changed in the file, with a new start. */
export function Settings() {
  const { t } = useWords('admin');
  const { data, error, refetch } = useQuery(
    api.queryOptions('get', '/api/v1/installation/settings'),
  );
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  return (
    <div className={styles.page}>
      <p className="og-note">{t('settings_note')}</p>
      {data.sections.map((section) => (
        <Panel key={section.name} title={`[${section.name}]`} note={section.help}>
          <Table
            size="small"
            rowKey="name"
            dataSource={section.settings}
            pagination={false}
            scroll={{ x: 640 }}
            columns={[
              { title: t('setting'), dataIndex: 'name', width: 240 },
              {
                title: t('value'),
                key: 'value',
                width: 180,
                render: (_, one) => (
                  <span className={one.value === one.default ? '' : (styles.other ?? '')}>
                    {shown(one.value)}
                  </span>
                ),
              },
              {
                title: t('default'),
                key: 'default',
                width: 160,
                render: (_, one) => shown(one.default),
              },
              { title: t('help'), dataIndex: 'help' },
            ]}
          />
        </Panel>
      ))}
    </div>
  );
}
