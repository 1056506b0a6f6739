// The live screen of a sale. `?wall=1`: the same for a screen on the wall.
import { Skeleton } from 'antd';
import { useSearchParams } from 'react-router';

import { useHealth } from '@app/stream/line';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';

import { AlertCounts } from './AlertCounts';
import { AlertFeed } from './AlertFeed';
import { AlertSheet } from './AlertSheet';
import { usePicture } from './data';
import { FirstSteps } from './FirstSteps';
import styles from './live.module.css';
import { OrdersChart } from './OrdersChart';
import { RunningOut } from './RunningOut';
import { Sources } from './Sources';
import { StateBar } from './StateBar';
import { WaitingChart } from './WaitingChart';

export default function Live() {
  const { t } = useWords('live');
  const [query] = useSearchParams();
  const isWall = query.get('wall') === '1';
  const health = useHealth();
  const { data: picture, error, refetch } = usePicture();
  if (!health) return <Skeleton active className={styles.waiting} />;
  return (
    <div className={`${styles.live} ${isWall ? styles.wall : ''}`}>
      {!isWall && <FirstSteps />}
      <StateBar health={health} isWall={isWall} />
      {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
      <div className={styles.grid}>
        <Panel title={t('orders.title')} note={t('orders.note')} className={styles.orders}>
          <OrdersChart health={health} picture={picture} isWall={isWall} />
        </Panel>
        <Panel
          title={t('alerts.title')}
          note={t('alerts.note', { n: health.recent_minutes })}
          className={styles.counts}
        >
          <AlertCounts health={health} />
        </Panel>
        <AlertFeed className={styles.feed} isWall={isWall} />
        <Panel title={t('waiting.title')} note={t('waiting.note')} className={styles.ages}>
          {picture && <WaitingChart picture={picture} isWall={isWall} />}
        </Panel>
        <Panel title={t('stock.title')} note={t('stock.note')} className={styles.stock}>
          {picture && <RunningOut items={picture.running_out} />}
        </Panel>
        <Panel title={t('sources.title')} className={styles.sources}>
          <Sources health={health} />
        </Panel>
      </div>
      <AlertSheet />
    </div>
  );
}
