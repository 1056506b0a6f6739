// Who I am here. The smallest feature there is: copy its folder to begin another.
import { useQuery } from '@tanstack/react-query';
import { Descriptions, Flex, Skeleton, Tag } from 'antd';

import { api } from '@api/client';
import { ZONE } from '@app/times';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';

export default function Account() {
  const { t } = useWords('account');
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/session'));
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  return (
    <Panel title={t('title')}>
      <Descriptions
        column={1}
        size="small"
        items={[
          { key: 'name', label: t('name'), children: data.name },
          { key: 'role', label: t('role'), children: t(`app:role.${data.role}`) },
          {
            key: 'rights',
            label: t('rights'),
            children: data.rights.length ? (
              <Flex wrap gap={6}>
                {data.rights.map((right) => (
                  <Tag key={right}>{t(`right.${right}`)}</Tag>
                ))}
              </Flex>
            ) : (
              t('no_rights')
            ),
          },
          { key: 'zone', label: t('zone'), children: ZONE },
          { key: 'version', label: t('version'), children: data.version },
        ]}
      />
    </Panel>
  );
}
