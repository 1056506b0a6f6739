// What each witness told, what was found, done and is awaited, in the order in which it was known.
import { Segmented } from 'antd';
import { useState } from 'react';

import type { Schemas } from '@api/client';
import { momentOf, spanOf, timeOf } from '@app/times';
import { useWords } from '@app/words';

import { EmptyState } from './EmptyState';
import styles from './Timeline.module.css';

type Loose<T> = T extends unknown ? Omit<T, 'event_id'> : never;
/** Without the id of the event, which what the client answers with has only where there is one. */
export type Entry = Loose<Schemas['Told']['entry']>;
export interface TimelineItem {
  entry: Entry;
  /** Which orders it concerns, where several are shown. */
  orderIds?: readonly string[];
}

type Witness = Schemas['Event']['witness'] | 'us';
const WITNESSES: readonly Witness[] = ['channel', 'warehouse', 'carrier', 'finance', 'buyer', 'us'];
const LATE_MS = 5_000;
const SHOWN_MAX = 250;

export function witnessOf(entry: Entry): Witness {
  return 'witness' in entry ? entry.witness : 'us';
}

interface Props {
  items: readonly TimelineItem[];
  titleOf: (rule: string) => string;
}

export function Timeline({ items, titleOf }: Props) {
  const { t, language } = useWords('app');
  const [only, setOnly] = useState<Witness | 'all'>('all');
  const there = WITNESSES.filter((one) => items.some(({ entry }) => witnessOf(entry) === one));
  const shown = items
    .filter(({ entry }) => only === 'all' || witnessOf(entry) === only)
    .slice(-SHOWN_MAX);
  if (items.length === 0) return <EmptyState text={t('timeline.empty')} />;
  return (
    <>
      {there.length > 1 && (
        <Segmented
          size="small"
          className={styles.filter}
          aria-label={t('timeline.filter')}
          value={only}
          onChange={setOnly}
          options={(['all', ...there] as const).map((value) => ({
            value,
            label: value === 'all' ? t('timeline.all') : nameOfWitness(value, t),
          }))}
        />
      )}
      <ol className={styles.timeline} aria-label={t('timeline.label')}>
        {shown.map(({ entry, orderIds }, place) => (
          <li
            key={`${entry.received_at} ${entry.type} ${place}`}
            data-witness={witnessOf(entry)}
            data-kind={kindOf(entry)}
          >
            <time dateTime={entry.received_at} title={timeOf(entry.received_at, language)}>
              {momentOf(entry.occurred_at, language)}
            </time>
            <span className={styles.who}>{nameOfWitness(witnessOf(entry), t)}</span>
            <span className={styles.what}>
              {textOf(entry, t, titleOf)} <Extras entry={entry} />
              {orderIds && orderIds.length > 0 && (
                <span className={styles.orders}>
                  {orderIds.length === 1
                    ? orderIds[0]
                    : t('timeline.orders', { n: orderIds.length })}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

type Say = (key: string, places?: Record<string, unknown>) => string;

function nameOfWitness(witness: Witness, t: Say): string {
  return t(witness === 'us' ? 'timeline.us' : `witness.${witness}`);
}

function kindOf(entry: Entry): string {
  if (entry.type === 'deadline.pending') return 'awaited';
  if (entry.type === 'deadline.passed' || entry.type === 'alert.opened') return 'bad';
  if ('contradicts' in entry && entry.contradicts.length > 0) return 'bad';
  return entry.type === 'alert.ended' ? 'good' : 'told';
}

function textOf(entry: Entry, t: Say, titleOf: (rule: string) => string): string {
  if ('state' in entry) {
    const action = entry.type.replace('response.', '');
    return `${t(`action.${action}`, { defaultValue: action })} · ${t(`step.${entry.state}`)}`;
  }
  const named = t(`event.${entry.type}`, { defaultValue: entry.type });
  if ('rule' in entry) return `${named} · ${titleOf(entry.rule)}`;
  if ('rules' in entry) return `${named} · ${entry.rules.map(titleOf).join(', ')}`;
  return 'units' in entry ? `${named} · ${t('timeline.units', { n: entry.units })}` : named;
}

function Extras({ entry }: { entry: Entry }) {
  const { t } = useWords('app');
  const late = Date.parse(entry.received_at) - Date.parse(entry.occurred_at);
  const { key, n } = spanOf(late);
  return (
    <>
      {'witness' in entry && late > LATE_MS && (
        <span className="og-note">
          {t('timeline.times', { span: t(`span.${key}`, { n }) })}
        </span>
      )}
      {'contradicts' in entry &&
        entry.contradicts.map((fact) => (
          <span key={fact} className={styles.against}>
            {t('timeline.contradicts', { what: t(`fact.${fact}`, { defaultValue: fact }) })}
          </span>
        ))}
    </>
  );
}
