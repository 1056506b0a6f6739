import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';

import { api } from '@api/client';
import { said, useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import type { Shop } from './state';

/** The rules that can never hit on this shop, for its channel never tells what they need. */
export function Coverage({ shop: { channel, shop } }: { shop: Shop }) {
  const { t, language } = useWords('connectors');
  const { data, error, refetch } = useQuery(
    api.queryOptions('get', '/api/v1/shops/{channel}/{shop}/coverage', {
      params: { path: { channel, shop } },
    }),
  );
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const { cannot_fire: found, rules } = data;
  return (
    <>
      <p>
        {found.length === 0
          ? t('coverage.all', { count: rules })
          : t('coverage.some', { count: found.length, rules })}
      </p>
      {found.length > 0 && (
        <Table
          size="small"
          rowKey="rule"
          pagination={false}
          dataSource={found}
          columns={[
            {
              title: t('coverage.rule'),
              key: 'rule',
              render: (_, one) => (
                <>
                  {said(one.title, language)}
                  <br />
                  <span className="og-note">{one.rule}</span>
                </>
              ),
            },
            {
              title: t('coverage.lacks'),
              key: 'lacks',
              render: (_, one) => one.lacks.map((lack) => <code key={lack}>{lack} </code>),
            },
          ]}
        />
      )}
    </>
  );
}
