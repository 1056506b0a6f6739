import { Button, Drawer, Form, Input, Select } from 'antd';

import { api, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import { endOf, KINDS, LISTS, type ListName } from './view';

interface Props {
  list: ListName;
  isOpen: boolean;
  onClose: () => void;
  onPut: () => void;
}

interface Values {
  list: ListName;
  kind: Schemas['ListKind'];
  value: string;
  reason: string;
  until?: string;
}

export function PutOnList({ list, isOpen, onClose, onPut }: Props) {
  const { t } = useWords('lists');
  const put = api.useMutation('post', '/api/v1/lists');
  const send = ({ until, value, ...rest }: Values) =>
    put.mutate(
      { body: { ...rest, value: value.trim(), until: endOf(until) } },
      {
        onSuccess: () => {
          onPut();
          onClose();
        },
      },
    );
  const needed = [{ required: true, whitespace: true, message: t('needed') }];
  return (
    <Drawer open={isOpen} onClose={onClose} title={t('add')} destroyOnHidden>
      <Form<Values>
        layout="vertical"
        onFinish={send}
        initialValues={{ list, kind: 'buyer' }}
        requiredMark="optional"
      >
        <Form.Item name="list" label={t('which')}>
          <Select options={LISTS.map((value) => ({ value, label: t(`list.${value}`) }))} />
        </Form.Item>
        <Form.Item name="kind" label={t('kind_label')}>
          <Select options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} />
        </Form.Item>
        <Form.Item name="value" label={t('value')} extra={t('value_help')} rules={needed}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="reason" label={t('reason')} rules={needed}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
        <Form.Item name="until" label={t('until')} extra={t('until_help')}>
          <Input type="datetime-local" />
        </Form.Item>
        {put.error && <ProblemNote error={put.error} />}
        <Button type="primary" htmlType="submit" loading={put.isPending}>
          {t('send')}
        </Button>
      </Form>
    </Drawer>
  );
}
