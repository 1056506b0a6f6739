// What the installation has brought: before, after and goal; by day, sale and shop.
import { DownloadOutlined, PrinterOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Segmented, Select, Skeleton } from 'antd';
import { useSearchParams } from 'react-router';

import { api } from '@api/client';
import { fullMomentOf } from '@app/times';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';

import { ComparedTable } from './ComparedTable';
import { RowCharts } from './RowCharts';
import { RowTable } from './RowTable';
import styles from './results.module.css';
import { Sales } from './Sales';

const BYS = ['day', 'sale', 'shop'] as const;
const DAYS = [7, 31, 92] as const;
const DAYS_DEFAULT = 31;

export default function Results() {
  const { t, language } = useWords('results');
  const [view, setView] = useSearchParams();
  const by = BYS.find((one) => one === view.get('by')) ?? 'day';
  const days = DAYS.find((one) => String(one) === view.get('days')) ?? DAYS_DEFAULT;
  const { data, error, refetch } = useQuery(
    api.queryOptions('get', '/api/v1/metrics/summary', { params: { query: { by, days } } }),
  );
  const set = (name: string, value: string) =>
    setView((former) => {
      former.set(name, value);
      return former;
    });
  const report = `/api/v1/metrics/report?by=${by}&days=${days}&lang=${language}`;
  return (
    <div className={styles.page}>
      <div className={styles.bar}>
        <Segmented
          aria-label={t('by.title')}
          value={by}
          onChange={(value) => set('by', value)}
          options={BYS.map((value) => ({ value, label: t(`by.${value}`) }))}
        />
        <Select
          aria-label={t('days.title')}
          value={days}
          onChange={(value) => set('days', String(value))}
          options={DAYS.map((value) => ({ value, label: t('days.last', { count: value }) }))}
        />
        <span className="og-space" />
        <Button icon={<PrinterOutlined />} href={report} target="_blank" rel="noreferrer">
          {t('print')}
        </Button>
        <Button icon={<DownloadOutlined />} href={`${report}&format=xlsx`} download>
          {t('xlsx')}
        </Button>
      </div>
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && (
        <>
          <Panel
            title={t('compared')}
            note={
              data.results.live_since
                ? t('live_since', { at: fullMomentOf(data.results.live_since, language) })
                : t('never_live')
            }
          >
            <ComparedTable compared={data.results.compared} />
          </Panel>
          {data.results.rows.length > 0 && <RowCharts rows={data.results.rows} />}
          <Panel title={t(`by.${by}`)}>
            <RowTable rows={data.results.rows} total={data.results.total} by={by} />
          </Panel>
        </>
      )}
      <Sales />
    </div>
  );
}
