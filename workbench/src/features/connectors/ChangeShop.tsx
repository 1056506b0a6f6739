import { App, Button, Form, Input } from 'antd';

import { api, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';

import { SecretOnce } from './AddedShop';
import styles from './connectors.module.css';
import { given, SettingFields } from './SettingFields';
import type { Shop } from './state';

interface Props {
  shop: Shop;
  channel: Schemas['ChannelForm'];
  onChanged: () => void;
}

type Filled = Record<string, string | undefined>;

export function ChangeShop(props: Props) {
  const settings = props.channel.settings.filter((one) => !one.signs);
  return (
    <div className={styles.sections}>
      {settings.length > 0 && <Settings {...props} />}
      <Rotation {...props} />
    </div>
  );
}

/** What is to be sent: what differs from what stands. A secret that is left empty stays. */
export function changes(shop: Shop, filled: Filled): Record<string, string> {
  const found = shop.settings.flatMap(({ name, value }): [string, string][] => {
    const text = (filled[name] ?? '').trim();
    if (value === null) return text ? [[name, text]] : [];
    return text === value ? [] : [[name, text]];
  });
  return Object.fromEntries(found);
}

function Settings({ shop, channel, onChanged }: Props) {
  const { t } = useWords('connectors');
  const { message } = App.useApp();
  const change = api.useMutation('patch', '/api/v1/shops/{channel}/{shop}/settings');
  const path = { channel: shop.channel, shop: shop.shop };
  const standing = Object.fromEntries(shop.settings.map((one) => [one.name, one.value ?? '']));
  const kept = new Set(shop.settings.filter((one) => one.is_set).map((one) => one.name));
  const send = ({ settings }: { settings: Filled }) =>
    change.mutate(
      { params: { path }, body: { settings: changes(shop, settings) } },
      {
        onSuccess: () => {
          void message.success(t('settings.done'));
          onChanged();
        },
      },
    );
  return (
    <Panel title={t('settings.title')}>
      <Form layout="vertical" onFinish={send} initialValues={{ settings: standing }}>
        <SettingFields settings={channel.settings.filter((one) => !one.signs)} kept={kept} />
        {change.error && <ProblemNote error={change.error} />}
        <Button htmlType="submit" loading={change.isPending}>
          {t('settings.save')}
        </Button>
      </Form>
    </Panel>
  );
}

function Rotation({ shop, channel, onChanged }: Props) {
  const { t } = useWords('connectors');
  const rotate = api.useMutation('post', '/api/v1/shops/{channel}/{shop}/rotate-secret');
  const path = { channel: shop.channel, shop: shop.shop };
  const send = ({ secret }: { secret?: string }) =>
    rotate.mutate(
      { params: { path }, body: { secret: given(secret) } },
      { onSuccess: onChanged },
    );
  return (
    <Panel title={t('rotate.title')}>
      <p className="og-note">{t('rotate.text')}</p>
      <Form layout="vertical" onFinish={send}>
        <Form.Item
          name="secret"
          label={t('rotate.secret')}
          extra={channel.makes_secret ? t('add.secret_help') : t('rotate.given')}
          rules={channel.makes_secret ? [] : [{ required: true, message: t('add.needed') }]}
        >
          <Input.Password autoComplete="new-password" visibilityToggle={false} />
        </Form.Item>
        {rotate.error && <ProblemNote error={rotate.error} />}
        <Button danger htmlType="submit" loading={rotate.isPending}>
          {t('rotate.button')}
        </Button>
      </Form>
      {rotate.data?.secret && <SecretOnce secret={rotate.data.secret} />}
    </Panel>
  );
}
