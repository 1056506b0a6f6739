import { useQuery } from '@tanstack/react-query';
import { Button, Collapse, Drawer, Form, Input, Select, Skeleton } from 'antd';
import { useState } from 'react';

import { api, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import { AddedShop } from './AddedShop';
import styles from './connectors.module.css';
import { GuideSteps } from './GuideSteps';
import { filledIn, given, parted, SettingFields } from './SettingFields';

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onAdded: () => void;
}

interface Values {
  channel: string;
  shop: string;
  secret?: string;
  settings?: Record<string, string | undefined>;
}

/** Choose the channel, fill in what it needs, follow its steps, see the first event. */
export function AddShop({ isOpen, onClose, onAdded }: Props) {
  const { t } = useWords('connectors');
  const [added, setAdded] = useState<Schemas['ShopAdded'] | null>(null);
  const close = () => {
    setAdded(null);
    onClose();
  };
  return (
    <Drawer open={isOpen} onClose={close} size="large" title={t('add.title')} destroyOnHidden>
      {added ? (
        <AddedShop added={added} onClose={close} />
      ) : (
        <Filling
          onAdded={(shop) => {
            setAdded(shop);
            onAdded();
          }}
        />
      )}
    </Drawer>
  );
}

function Filling({ onAdded }: { onAdded: (shop: Schemas['ShopAdded']) => void }) {
  const { t } = useWords('connectors');
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/channels'));
  const add = api.useMutation('post', '/api/v1/shops');
  const [form] = Form.useForm<Values>();
  const name = Form.useWatch('channel', form);
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const channel = data.items.find((one) => one.name === name);
  const { needed, more } = parted(channel?.settings ?? []);
  const send = ({ secret, settings, ...rest }: Values) =>
    add.mutate(
      { body: { ...rest, secret: given(secret), settings: filledIn(settings) } },
      { onSuccess: onAdded },
    );
  return (
    <div className={styles.sections}>
      <Form form={form} layout="vertical" onFinish={send} requiredMark="optional">
        <Form.Item name="channel" label={t('add.channel')} rules={[{ required: true }]}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            placeholder={t('add.choose')}
            options={data.items.map((one) => ({ value: one.name, label: one.title }))}
          />
        </Form.Item>
        {channel && (
          <>
            <Form.Item
              name="shop"
              label={t('add.name')}
              extra={t('add.name_help')}
              rules={[
                { required: true, pattern: /^[^\s/\\]{1,100}$/, message: t('add.name_rule') },
              ]}
            >
              <Input autoComplete="off" />
            </Form.Item>
            {channel.makes_secret && !channel.settings.some((one) => one.signs) && (
              <Form.Item name="secret" label={t('add.secret')} extra={t('add.secret_help')}>
                <Input.Password autoComplete="new-password" visibilityToggle={false} />
              </Form.Item>
            )}
            <SettingFields settings={needed} />
            {more.length > 0 && (
              <Collapse
                ghost
                size="small"
                items={[
                  {
                    key: 'more',
                    label: t('add.more', { count: more.length }),
                    forceRender: true,
                    children: <SettingFields settings={more} />,
                  },
                ]}
              />
            )}
            {add.error && <ProblemNote error={add.error} />}
            <Button type="primary" htmlType="submit" loading={add.isPending}>
              {t('add.send')}
            </Button>
          </>
        )}
      </Form>
      {channel?.guide && (
        <section aria-label={t('guide.title')}>
          <h3>{t('guide.title')}</h3>
          <GuideSteps key={channel.name} markdown={channel.guide} place={channel.name} />
        </section>
      )}
    </div>
  );
}
