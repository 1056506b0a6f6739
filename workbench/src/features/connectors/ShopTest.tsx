import { Button } from 'antd';

import { api } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import styles from './connectors.module.css';

const TONES = { ok: 'good', fault: 'critical', unknown: 'info' } as const;

/** One look at the connection, with one call to the platform. */
export function ShopTest({ channel, shop }: { channel: string; shop: string }) {
  const { t } = useWords('connectors');
  const test = api.useMutation('post', '/api/v1/shops/{channel}/{shop}/test');
  return (
    <section aria-label={t('test.button')} className={styles.sections}>
      <div>
        <Button
          loading={test.isPending}
          onClick={() => test.mutate({ params: { path: { channel, shop } } })}
        >
          {t('test.button')}
        </Button>
      </div>
      {test.error && <ProblemNote error={test.error} />}
      {test.data && (
        <ul className={styles.list}>
          {test.data.items.map((one, place) => (
            <li key={place}>
              <span className={styles.word} data-tone={TONES[one.state]}>
                {t(`test.what.${one.what}`)} · {t(`test.state.${one.state}`)}
              </span>
              <span className={styles.said}>{one.said}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
