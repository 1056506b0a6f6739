// Every version of a thing, what changed in it, and the way back in one step.
import { Button } from 'antd';
import { useState, type ReactNode } from 'react';

import type { Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { Diff } from './Diff';
import { EmptyState } from './EmptyState';
import { Table } from './Table';

type Version = Schemas['Version'];

interface Props {
  /** The newest first. */
  versions: readonly Version[];
  empty: string;
  /** How a version stands, where it may stand in several ways. */
  stateOf?: (version: Version) => ReactNode;
  /** Told which version is wanted back; nobody may have one back without. */
  onBack?: ((version: number) => void) | undefined;
  isGoingBack: boolean;
}

export function Versions({ versions, empty, stateOf, onBack, isGoingBack }: Props) {
  const { t, language } = useWords('app');
  const [open, setOpen] = useState<number | null>(null);
  const before = (version: Version) =>
    versions.find((one) => one.number < version.number)?.file ?? '';
  const state = stateOf && {
    title: t('versions.state'),
    key: 'state',
    render: (_: unknown, row: Version) => stateOf(row),
  };
  return (
    <Table
      size="small"
      rowKey="number"
      pagination={false}
      scroll={{ x: 640 }}
      dataSource={versions}
      locale={{ emptyText: <EmptyState text={empty} /> }}
      expandable={{
        expandedRowKeys: open === null ? [] : [open],
        onExpand: (isOpen, row) => setOpen(isOpen ? row.number : null),
        expandedRowRender: (row) => <Diff before={before(row)} after={row.file ?? ''} />,
      }}
      columns={[
        { title: t('versions.number'), dataIndex: 'number', width: 80 },
        ...(state ? [state] : []),
        { title: t('versions.author'), dataIndex: 'author' },
        { title: t('versions.approved'), dataIndex: 'approved_by' },
        { title: t('versions.at'), key: 'at', render: (_, row) => momentOf(row.at, language) },
        {
          key: 'back',
          render: (_, row, place) =>
            place > 0 &&
            onBack && (
              <Button size="small" loading={isGoingBack} onClick={() => onBack(row.number)}>
                {t('versions.roll_back')}
              </Button>
            ),
        },
      ]}
    />
  );
}
