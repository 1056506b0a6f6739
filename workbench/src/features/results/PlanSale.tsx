import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, Form, Input, Select } from 'antd';

import { api } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import { instantOf } from './plan';

interface Values {
  name: string;
  place: string;
  since: string;
  until: string;
  products?: string[];
}

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onPlanned: () => void;
}

export function PlanSale({ isOpen, onClose, onPlanned }: Props) {
  const { t } = useWords('results');
  const { data } = useQuery({ ...api.queryOptions('get', '/api/v1/shops'), enabled: isOpen });
  const plan = api.useMutation('post', '/api/v1/sales');
  const send = ({ name, place, since, until, products = [] }: Values) => {
    const [channel = '', ...rest] = place.split('/');
    const body = { name, channel, shop: rest.join('/'), products, orders_per_minute: {} };
    plan.mutate(
      { body: { ...body, from: instantOf(since), until: instantOf(until) } },
      {
        onSuccess: () => {
          onPlanned();
          onClose();
        },
      },
    );
  };
  const needed = [{ required: true, message: t('sale.needed') }];
  return (
    <Drawer open={isOpen} onClose={onClose} title={t('sale.plan')} destroyOnHidden>
      <Form layout="vertical" onFinish={send} requiredMark="optional">
        <Form.Item name="name" label={t('sale.name')} rules={needed}>
          <Input />
        </Form.Item>
        <Form.Item name="place" label={t('sale.shop')} rules={needed}>
          <Select
            options={data?.items.map(({ channel, shop, title }) => ({
              value: `${channel}/${shop}`,
              label: `${title} · ${shop}`,
            }))}
          />
        </Form.Item>
        <Form.Item name="since" label={t('sale.from')} extra={t('sale.zone')} rules={needed}>
          <Input type="datetime-local" />
        </Form.Item>
        <Form.Item name="until" label={t('sale.until')} rules={needed}>
          <Input type="datetime-local" />
        </Form.Item>
        <Form.Item name="products" label={t('sale.products')} extra={t('sale.products_help')}>
          <Select mode="tags" open={false} suffix={null} tokenSeparators={[',', ' ']} />
        </Form.Item>
        {plan.error && <ProblemNote error={plan.error} />}
        <Button type="primary" htmlType="submit" loading={plan.isPending}>
          {t('sale.send')}
        </Button>
      </Form>
    </Drawer>
  );
}
