import { FullscreenOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';

import type { Schemas } from '@api/client';
import { Freshness } from '@app/Freshness';
import { fullMomentOf, numberOf } from '@app/times';
import { useWords } from '@app/words';
import { SEVERITIES } from '@components/SeverityTag';
import { Span } from '@components/Span';

import styles from './live.module.css';
import { countOf, lastHour, lastMinute, sum } from './series';

interface Props {
  health: Schemas['Health'];
  isWall: boolean;
}

/** How the shop stands, in one line and six figures. */
export function StateBar({ health, isWall }: Props) {
  const { t, language } = useWords('live');
  const n = (value: number) => numberOf(value, language);
  const flagged = sum(health.risk_orders_by_severity);
  const share = health.orders ? ((100 * flagged) / health.orders).toFixed(1) : '0.0';
  const { server } = health;
  const worst = [...SEVERITIES]
    .reverse()
    .slice(0, 3)
    .map((severity) => ({
      severity,
      count:
        countOf(health.recent_alerts, 'risk', severity) +
        countOf(health.recent_alerts, 'health', severity),
    }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${t(`app:severity.${severity}`)} ${n(count)}`);
  return (
    <section className={styles.state} data-state={health.state} aria-label={t('state.label')}>
      <div className={styles.stateWords}>
        <span className={styles.sign} aria-hidden />
        <div>
          <strong className={styles.stateName}>{t(`state.${health.state}`)}</strong>
          <div className={styles.soft}>
            {worst.length ? worst.join(' · ') : t('state.none', { n: health.recent_minutes })}
          </div>
        </div>
        <SpokenState state={health.state} />
      </div>
      <dl className={styles.figures}>
        <Figure title={t('figure.rate')} note={t('figure.hour', { n: n(lastHour(health)) })}>
          {n(lastMinute(health))}
        </Figure>
        <Figure title={t('figure.orders')} note={t('figure.events', { n: n(health.events) })}>
          {n(health.orders)}
        </Figure>
        <Figure title={t('figure.flagged')} note={t('figure.share', { n: share })}>
          {n(flagged)}
        </Figure>
        <Figure title={t('figure.held')} note={t('figure.held_note')}>
          {n(health.held_orders)}
        </Figure>
        <Figure
          title={t('figure.own')}
          note={
            server.event_to_alert_ms_p99 === null ? (
              t('figure.own_none')
            ) : (
              <>
                P99 <Span ms={server.event_to_alert_ms_p99} />
              </>
            )
          }
        >
          <Span ms={server.event_to_alert_ms_p50} />
        </Figure>
      </dl>
      <div className={styles.clock}>
        <span className="og-number">{fullMomentOf(health.as_of, language)}</span>
        {isWall ? (
          <Freshness />
        ) : (
          <Button
            type="text"
            size="small"
            icon={<FullscreenOutlined />}
            href="?wall=1"
            target="_blank"
          >
            {t('wall')}
          </Button>
        )}
      </div>
    </section>
  );
}

interface FigureProps {
  title: string;
  note: React.ReactNode;
  children: React.ReactNode;
}

function Figure({ title, note, children }: FigureProps) {
  return (
    <div className={styles.figure}>
      <dt>{title}</dt>
      <dd className={styles.big}>{children}</dd>
      <dd className={styles.soft}>{note}</dd>
    </div>
  );
}

/** Read out when it changes, and not at first. */
function SpokenState({ state }: { state: string }) {
  const { t } = useWords('live');
  const before = useRef(state);
  const [said, say] = useState('');
  useEffect(() => {
    if (before.current === state) return;
    before.current = state;
    say(t(`state.${state}`));
  }, [state, t]);
  return (
    <span role="status" className={styles.unseen}>
      {said}
    </span>
  );
}
