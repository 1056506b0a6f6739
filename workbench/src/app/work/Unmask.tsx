// The name, number and door of a buyer: shown to who says what for, and forgotten when closed.
import { EyeOutlined } from '@ant-design/icons';
import { Button, Descriptions, Form, Input, Modal, Tag } from 'antd';
import { useState } from 'react';

import { api, type Schemas } from '@api/client';
import { ProblemNote } from '@components/ProblemNote';

import { useMay } from '../session';
import { useWords } from '../words';
import styles from './Unmask.module.css';

const REASON_CHARACTERS_MIN = 4;
const USUAL = ['call', 'address', 'platform'] as const;

interface Props {
  order: { channel: string; shop: string; order_id: string };
  caseId?: string;
}

export function Unmask({ order, caseId }: Props) {
  const { t } = useWords('app');
  const [isOpen, setOpen] = useState(false);
  if (!useMay('decide_cases')) return null;
  return (
    <>
      <Button
        size="small"
        type="text"
        icon={<EyeOutlined />}
        aria-label={t('unmask.button', { id: order.order_id })}
        title={t('unmask.button', { id: order.order_id })}
        onClick={() => setOpen(true)}
      />
      <Modal
        open={isOpen}
        onCancel={() => setOpen(false)}
        footer={null}
        destroyOnHidden
        title={t('unmask.title', { id: order.order_id })}
      >
        <Asking order={order} caseId={caseId ?? ''} />
      </Modal>
    </>
  );
}

function Asking({ order, caseId }: { order: Props['order']; caseId: string }) {
  const { t } = useWords('app');
  const [reason, setReason] = useState('');
  const { mutate, data, error, isPending } = api.useMutation('post', '/api/v1/orders/unmasked');
  const isEnough = reason.trim().length >= REASON_CHARACTERS_MIN;
  const { channel, shop, order_id } = order;
  const ask = () => {
    if (isEnough) mutate({ body: { channel, shop, order_id, case_id: caseId, reason } });
  };
  if (data) return <Shown person={data} />;
  return (
    <Form layout="vertical" onFinish={ask}>
      <p className="og-note">{t('unmask.text')}</p>
      {error && <ProblemNote error={error} />}
      <div className={styles.usual}>
        {USUAL.map((key) => (
          <Tag.CheckableTag
            key={key}
            checked={reason === t(`unmask.usual.${key}`)}
            onChange={() => setReason(t(`unmask.usual.${key}`))}
          >
            {t(`unmask.usual.${key}`)}
          </Tag.CheckableTag>
        ))}
      </div>
      <Form.Item label={t('unmask.reason')} htmlFor="unmask-reason">
        <Input
          id="unmask-reason"
          value={reason}
          maxLength={300}
          onChange={(event) => setReason(event.target.value)}
        />
      </Form.Item>
      <Button type="primary" htmlType="submit" disabled={!isEnough} loading={isPending}>
        {t('unmask.show')}
      </Button>
    </Form>
  );
}

function Shown({ person }: { person: Schemas['Personal'] }) {
  const { t } = useWords('app');
  const items = (['name', 'phone', 'email', 'address'] as const).map((key) => ({
    key,
    label: t(`unmask.${key}`),
    children: person[key] ?? <span className="og-note">{t('unmask.unknown')}</span>,
  }));
  return <Descriptions column={1} size="small" items={items} />;
}
