import { Form, Input, Modal } from 'antd';

import { api, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

interface Props {
  kind: Schemas['StoppableKind'];
  name: string | null;
  onClose: () => void;
  onStopped: () => void;
}

export function StopReason({ kind, name, onClose, onStopped }: Props) {
  const { t } = useWords('actions');
  const [form] = Form.useForm<{ reason: string }>();
  const stop = api.useMutation('post', '/api/v1/stops');
  const send = ({ reason }: { reason: string }) =>
    stop.mutate(
      { body: { kind, name: name ?? '', reason } },
      {
        onSuccess: () => {
          onStopped();
          onClose();
        },
      },
    );
  return (
    <Modal
      open={name !== null}
      title={t('stop.title', { name: name ?? '' })}
      okText={t('stop.send')}
      okButtonProps={{ danger: true, loading: stop.isPending }}
      onOk={form.submit}
      onCancel={onClose}
      destroyOnHidden
    >
      <p>{t('stop.text')}</p>
      <Form form={form} layout="vertical" onFinish={send}>
        <Form.Item
          name="reason"
          label={t('stop.reason')}
          rules={[{ required: true, whitespace: true, message: t('stop.needed') }]}
        >
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
      {stop.error && <ProblemNote error={stop.error} />}
    </Modal>
  );
}
