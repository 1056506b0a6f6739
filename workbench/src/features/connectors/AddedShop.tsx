import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Spin, Typography } from 'antd';

import { api, type Schemas } from '@api/client';
import { fullMomentOf } from '@app/times';
import { useWords } from '@app/words';

import styles from './connectors.module.css';
import { GuideSteps } from './GuideSteps';
import { placeOf, wholeUrl } from './state';

const EVERY_MS = 2_000;

export function Copyable({ label, text }: { label: string; text: string }) {
  const { t } = useWords('connectors');
  return (
    <div>
      <p className="og-note">{label}</p>
      <Typography.Text
        code
        copyable={{ text, tooltips: [t('copy'), t('copied')] }}
        style={{ overflowWrap: 'anywhere' }}
      >
        {text}
      </Typography.Text>
    </div>
  );
}

/** Told once, then nowhere again. */
export function SecretOnce({ secret }: { secret: string }) {
  const { t } = useWords('connectors');
  return (
    <Alert
      type="warning"
      showIcon
      title={t('secret.once')}
      description={<Copyable label={t('secret.label')} text={secret} />}
    />
  );
}

/** Waits for the shop's first event and says when it is there. */
export function FirstEvent({ channel, shop }: { channel: string; shop: string }) {
  const { t, language } = useWords('connectors');
  const { data } = useQuery({
    ...api.queryOptions('get', '/api/v1/shops/{channel}/{shop}', {
      params: { path: { channel, shop } },
    }),
    refetchInterval: EVERY_MS,
  });
  const at = data?.last_event_at;
  return (
    <div className={styles.first} data-heard={!!at} role="status">
      {!at && <Spin size="small" />}
      <span>{at ? t('first.heard', { at: fullMomentOf(at, language) }) : t('first.waiting')}</span>
    </div>
  );
}

interface Props {
  added: Schemas['ShopAdded'];
  onClose: () => void;
}

export function AddedShop({ added, onClose }: Props) {
  const { t } = useWords('connectors');
  const { data } = useQuery(api.queryOptions('get', '/api/v1/channels'));
  const guide = data?.items.find((one) => one.name === added.channel)?.guide;
  const url = wholeUrl(added.webhook_url);
  return (
    <div className={styles.sections}>
      <Alert type="success" showIcon title={t('add.done', { shop: added.shop })} />
      <Copyable label={t('webhook')} text={url} />
      {added.secret && <SecretOnce secret={added.secret} />}
      <FirstEvent channel={added.channel} shop={added.shop} />
      {guide && (
        <section aria-label={t('guide.title')}>
          <h3>{t('guide.title')}</h3>
          <GuideSteps
            markdown={guide}
            place={placeOf(added)}
            shop={{ name: added.shop, url }}
          />
        </section>
      )}
      <div>
        <Button type="primary" onClick={onClose}>
          {t('add.close')}
        </Button>
      </div>
    </div>
  );
}
