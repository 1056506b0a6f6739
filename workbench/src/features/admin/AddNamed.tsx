import { Button, Form, Input, Select } from 'antd';

import { useWords } from '@app/words';

import { NAME, ROLES, type Role } from './roles';

export interface Named {
  name: string;
  role: Role;
}

interface Props {
  label: string;
  /** What its name is called, where it is nobody's. */
  nameLabel?: string;
  isPending: boolean;
  onSend: (named: Named) => void;
}

/** A name and a role: a person, or a program's token. */
export function AddNamed({ label, nameLabel, isPending, onSend }: Props) {
  const { t } = useWords('admin');
  const [form] = Form.useForm<Named>();
  return (
    <Form
      form={form}
      layout="inline"
      style={{ marginBottom: 10, rowGap: 8 }}
      onFinish={(named) => {
        onSend(named);
        form.resetFields();
      }}
    >
      <Form.Item
        name="name"
        label={nameLabel ?? t('name')}
        rules={[{ required: true, pattern: NAME, message: t('name_rule') }]}
      >
        <Input autoComplete="off" />
      </Form.Item>
      <Form.Item name="role" label={t('role')} rules={[{ required: true, message: t('needed') }]}>
        <Select
          style={{ minWidth: 130 }}
          options={ROLES.map((value) => ({ value, label: t(`app:role.${value}`) }))}
        />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={isPending}>
        {label}
      </Button>
    </Form>
  );
}
