// What is left to do until the first alert can come, for an admin of a fresh installation.
import { CloseOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Steps } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';

import { api } from '@api/client';
import { useMay, useSession } from '@app/session';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';

import { firstSteps, isBegun } from './firstSteps';

const KEPT_AS = 'orderguard.first_steps';
const EVERY_MS = 5_000;

export function FirstSteps() {
  const may = useMay('administer');
  const [isPutAway, setPutAway] = useState(() => localStorage.getItem(KEPT_AS) === 'away');
  if (!may || isPutAway) return null;
  const putAway = () => {
    localStorage.setItem(KEPT_AS, 'away');
    setPutAway(true);
  };
  return <Guide onPutAway={putAway} />;
}

function Guide({ onPutAway }: { onPutAway: () => void }) {
  const { t } = useWords('live');
  const { mode } = useSession();
  const { data: shops } = useQuery({
    ...api.queryOptions('get', '/api/v1/shops'),
    refetchInterval: EVERY_MS,
  });
  const { data: people } = useQuery(api.queryOptions('get', '/api/v1/people'));
  if (!shops || !people) return null;
  const steps = firstSteps({ shops: shops.items, people: people.items.length, mode });
  if (isBegun(steps)) return null;
  const close = (
    <Button type="text" size="small" icon={<CloseOutlined />} onClick={onPutAway}>
      {t('first.away')}
    </Button>
  );
  return (
    <Panel title={t('first.title')} note={t('first.note')} extra={close}>
      <Steps
        size="small"
        responsive
        current={steps.findIndex(({ isDone }) => !isDone)}
        items={steps.map(({ name, to, isDone }) => ({
          title: <Link to={to}>{t(`first.${name}.title`)}</Link>,
          content: t(`first.${name}.text`),
          status: isDone ? 'finish' : undefined,
        }))}
      />
    </Panel>
  );
}
