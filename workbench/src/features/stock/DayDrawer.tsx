import { DownloadOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Input, Skeleton } from 'antd';

import { api, type Schemas } from '@api/client';
import { fullMomentOf } from '@app/times';
import { said, useWords } from '@app/words';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';

import styles from './stock.module.css';
import { readDay } from './view';

type Detail = Schemas['DayDetail'];

interface Props {
  /** `channel/shop/day`; null: closed. */
  day: string | null;
  onClose: () => void;
}

export function DayDrawer({ day, onClose }: Props) {
  const { t } = useWords('stock');
  const path = readDay(day ?? '');
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/reconciliation/{channel}/{shop}/{day}', {
      params: { path },
    }),
    enabled: day !== null,
  });
  const sheet = `/api/v1/reconciliation/${path.channel}/${path.shop}/${path.day}.xlsx`;
  return (
    <Drawer
      open={day !== null}
      onClose={onClose}
      size="large"
      title={day ?? ''}
      destroyOnHidden
      extra={
        <Button icon={<DownloadOutlined />} href={sheet} download>
          {t('money.sheet')}
        </Button>
      }
    >
      {error && !data && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && <Day key={data.version} detail={data} onSigned={() => void refetch()} />}
    </Drawer>
  );
}

function Day({ detail, onSigned }: { detail: Detail; onSigned: () => void }) {
  const { t, language } = useWords('stock');
  const shares = detail.money.flatMap(({ currency, causes, awaited, not_expected: other }) =>
    [...causes, awaited, other].filter((one) => one !== null).map((one) => ({ currency, ...one })),
  );
  return (
    <div className={styles.page}>
      <Panel title={t('money.causes')}>
        <Table
          size="small"
          rowKey={(one) => `${one.currency} ${one.cause}`}
          dataSource={shares}
          pagination={false}
          locale={{ emptyText: t('money.no_causes') }}
          columns={[
            {
              title: t('money.cause'),
              key: 'cause',
              render: (_, one) => said(one.title, language),
            },
            { title: t('money.orders'), dataIndex: 'orders', align: 'right' },
            {
              title: t('money.amount'),
              key: 'amount',
              align: 'right',
              render: (_, one) => `${one.amount} ${one.currency}`,
            },
            { title: t('money.effect'), dataIndex: 'effect', align: 'right' },
          ]}
        />
      </Panel>
      {detail.items.length > 0 && <Orders detail={detail} />}
      <SignOff detail={detail} onSigned={onSigned} />
    </div>
  );
}

function Orders({ detail }: { detail: Detail }) {
  const { t, language } = useWords('stock');
  return (
    <Panel
      title={t('money.differing')}
      note={detail.next_cursor ? t('money.first', { count: detail.items.length }) : ''}
    >
      <Table
        size="small"
        rowKey="order_id"
        dataSource={detail.items}
        pagination={false}
        columns={[
          { title: t('money.order'), dataIndex: 'order_id' },
          {
            title: t('money.why'),
            key: 'why',
            render: (_, one) =>
              one.differences.map((two) => (
                <div key={`${two.cause} ${two.kind}`}>{said(two.explanation, language)}</div>
              )),
          },
        ]}
      />
    </Panel>
  );
}

function SignOff({ detail, onSigned }: { detail: Detail; onSigned: () => void }) {
  const { t, language } = useWords('stock');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const sign = api.useMutation('post', '/api/v1/reconciliation/{channel}/{shop}/{day}/sign-off');
  const { channel, shop, day, version } = detail;
  const send = ({ comment = '' }: { comment?: string }) =>
    sign.mutate(
      { params: { path: { channel, shop, day } }, body: { comment, version } },
      {
        onSuccess: () => {
          void message.success(t('money.done'));
          void queries.invalidateQueries({ queryKey: ['get', '/api/v1/reconciliation'] });
          onSigned();
        },
      },
    );
  return (
    <Panel title={t('money.sign_off')}>
      {detail.sign_offs.map((one) => (
        <Alert
          key={one.at}
          type={one.changed ? 'warning' : 'success'}
          showIcon
          style={{ marginBottom: 8 }}
          title={t(one.changed ? 'money.signed_before' : 'money.signed_at', {
            by: one.by,
            at: fullMomentOf(one.at, language),
          })}
          description={one.comment || undefined}
        />
      ))}
      <Form layout="vertical" onFinish={send}>
        <Form.Item name="comment" label={t('money.comment')} extra={t('money.sign_text')}>
          <Input.TextArea rows={2} maxLength={1000} />
        </Form.Item>
        {sign.error && <ProblemNote error={sign.error} onRetry={onSigned} />}
        <Button type="primary" htmlType="submit" loading={sign.isPending}>
          {t('money.sign')}
        </Button>
      </Form>
    </Panel>
  );
}
