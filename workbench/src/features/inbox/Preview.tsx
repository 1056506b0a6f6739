// The case at the cursor, as far as it takes to decide it without opening it.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import { memo, useDeferredValue } from 'react';
import { Link } from 'react-router';

import { api } from '@api/client';
import { momentOf } from '@app/times';
import { verdictsOf, type Verdict } from '@app/work/deeds';
import type { useRules } from '@app/work/rules';
import { useWords } from '@app/words';
import { subjectText } from '@components/evidence';
import { Hits } from '@components/Hits';
import { ProblemNote } from '@components/ProblemNote';

import styles from './inbox.module.css';
import { isWaiting, type Row } from './view';

const ALERTS_MAX = 3;

/** Shown anew only where the alert is another: the page itself is with each batch of the stream. */
const Evidence = memo(Hits);

interface Props {
  row: Row;
  words: ReturnType<typeof useRules>;
  mayDecide: boolean;
  onDecide: (verdict: Verdict) => void;
  onOpen: () => void;
}

export function Preview({ row, words, mayDecide, onDecide, onOpen }: Props) {
  const { t, language } = useWords('inbox');
  // Who runs down the list with j held asks for nothing on the way.
  const caseId = useDeferredValue(row.case_id);
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/cases/{case_id}', {
      params: { path: { case_id: caseId } },
    }),
    meta: { isFed: true },
    placeholderData: keepPreviousData,
  });
  const verdicts = verdictsOf(row.kind);
  return (
    <aside className={styles.preview} aria-label={t('preview')}>
      <header>
        <h2>{row.rules[0] ? words.titleOf(row.rules[0]) : t('unnamed')}</h2>
        <p className="og-note">
          {row.subject && <>{subjectText(row.subject, t)} · </>}
          {row.channel}/{row.shop} · {momentOf(row.created_at, language)}
        </p>
      </header>
      <div className={styles.scroll}>
        {error && <ProblemNote error={error} onRetry={() => void refetch()} />}
        {!data && !error && <Skeleton active />}
        {data?.alerts
          .toReversed()
          .slice(0, ALERTS_MAX)
          .map((alert) => (
            <Evidence key={alert.alert_id} alert={alert} most={3} {...words} />
          ))}
        {data && (
          <p className={styles.orders}>
            <span className="og-note">{t('column.orders')}</span>{' '}
            {data.orders.slice(0, 8).map(({ channel, shop, order_id }) => (
              <Link
                key={`${channel}/${shop}/${order_id}`}
                to={`/orders/${[channel, shop, order_id].map(encodeURIComponent).join('/')}`}
              >
                {order_id}
              </Link>
            ))}
            {data.orders.length > 8 && <span className="og-note">+{data.orders.length - 8}</span>}
          </p>
        )}
      </div>
      <footer>
        {mayDecide &&
          isWaiting(row) &&
          verdicts.slice(0, 2).map((verdict, place) => (
            <Button
              key={verdict}
              type={place === 0 ? 'primary' : 'default'}
              danger={verdict === 'cancel'}
              onClick={() => onDecide(verdict)}
            >
              {t(`app:work.verdict.${verdict}`)} <kbd>{'eh'[place]}</kbd>
            </Button>
          ))}
        <Button onClick={onOpen}>
          {t('open')} <kbd>Enter</kbd>
        </Button>
      </footer>
    </aside>
  );
}
