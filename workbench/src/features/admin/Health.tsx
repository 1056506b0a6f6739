import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Skeleton } from 'antd';

import { api } from '@api/client';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import styles from './admin.module.css';

/** What is wrong with the installation now, and how to mend it. */
export function Health() {
  const { t } = useWords('admin');
  const { data, error, refetch, isFetching } = useQuery({
    ...api.queryOptions('get', '/api/v1/installation/examination'),
    staleTime: 0,
  });
  const again = (
    <Button size="small" loading={isFetching} onClick={() => void refetch()}>
      {t('examine')}
    </Button>
  );
  return (
    <Panel title={t('tab.health')} note={t('health_note')} extra={again}>
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && (
        <>
          <Alert
            type={data.is_well ? 'success' : 'error'}
            showIcon
            title={t(data.is_well ? 'well' : 'unwell')}
            style={{ marginBottom: 10 }}
          />
          <Table
            size="small"
            rowKey={(one) => `${one.check} ${one.found}`}
            dataSource={data.findings}
            pagination={false}
            scroll={{ x: 640 }}
            columns={[
              {
                title: t('check'),
                key: 'check',
                width: 110,
                render: (_, { check }) => t(`checks.${check}`, { defaultValue: check }),
              },
              {
                title: t('grade.title'),
                key: 'grade',
                width: 80,
                render: (_, { grade }) => (
                  <span className={styles.grade} data-grade={grade}>
                    {t(`grade.${grade}`)}
                  </span>
                ),
              },
              { title: t('found'), dataIndex: 'found' },
              { title: t('mend'), dataIndex: 'mend' },
            ]}
          />
        </>
      )}
    </Panel>
  );
}
