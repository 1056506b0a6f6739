import { Alert } from 'antd';

import { useWords } from '@app/words';

import type { Shop } from './state';

const KINDS: Record<string, string> = {
  'wrong secret': 'wrong',
  'not signed': 'missing',
  'old signatures': 'stale',
};

/** What is wrong with who sends, and what to do: in the reader's words, with what was seen. */
export function Problems({ shop }: { shop: Shop }) {
  const { t } = useWords('connectors');
  const failure = shop.connection?.failure;
  return (
    <>
      {shop.problems.map((one) => {
        const kind = KINDS[one.short] ?? 'clock';
        return (
          <Alert
            key={one.short}
            type="error"
            showIcon
            title={t(`problem.${kind}`)}
            description={
              <>
                <p>{t(`mend.${kind}`)}</p>
                <p className="og-note">{one.found}</p>
              </>
            }
          />
        );
      })}
      {failure && (
        <Alert type="error" showIcon title={t('problem.platform')} description={failure} />
      )}
    </>
  );
}
