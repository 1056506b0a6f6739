// What a value is: its name, who tells it, and how it was spread over the last 30 days.
import { BarChartOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Popover, Tag } from 'antd';
import { useMemo, useState } from 'react';

import { api } from '@api/client';
import { said, useWords } from '@app/words';
import { Chart } from '@components/Chart';
import type { Operand } from './catalogue';
import styles from './rules.module.css';

export function Spread({ operand }: { operand: Operand | undefined }) {
  const { t } = useWords('rules');
  const [isOpen, setOpen] = useState(false);
  if (!operand) return null;
  return (
    <Popover
      trigger="click"
      open={isOpen}
      onOpenChange={setOpen}
      content={isOpen ? <About operand={operand} /> : null}
    >
      <Button
        size="small"
        type="text"
        icon={<BarChartOutlined />}
        aria-label={t('spread.button')}
      />
    </Popover>
  );
}

function About({ operand }: { operand: Operand }) {
  const { t, language } = useWords('rules');
  const { data } = useQuery({
    ...api.queryOptions('get', '/api/v1/rulebook/catalogue/{name}/histogram', {
      params: { path: { name: operand.name } },
    }),
    refetchInterval: (query) => (query.state.data?.state === 'reading' ? 1_000 : false),
    staleTime: 60_000,
  });
  const bins = useMemo(() => data?.bins ?? [], [data]);
  const option = useMemo(
    () => ({
      grid: { left: 40, right: 8, top: 8, bottom: 24 },
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'category', data: bins.map((one) => one.label) },
      yAxis: { type: 'value', splitNumber: 3 },
      series: [{ type: 'bar', data: bins.map((one) => one.orders), barCategoryGap: '10%' }],
    }),
    [bins],
  );
  return (
    <div className={styles.about}>
      <strong>{said(operand.title, language)}</strong>
      <code className="og-code">{operand.name}</code>
      {operand.normal !== null && <span>{t('spread.normal', { value: operand.normal })}</span>}
      <span>
        {operand.channels.length > 0 ? t('spread.channels') : t('spread.no_channel')}
        {operand.channels.map((one) => (
          <Tag key={one}>{one}</Tag>
        ))}
      </span>
      {bins.length > 0 ? (
        <Chart
          height={140}
          label={t('spread.label', { name: said(operand.title, language) })}
          option={option}
          table={{
            columns: [t('value'), t('preview.orders')],
            rows: bins.map((one) => [one.label, one.orders]),
          }}
        />
      ) : (
        <span className="og-note">
          {t(data?.state === 'reading' ? 'spread.reading' : 'spread.none')}
        </span>
      )}
    </div>
  );
}
