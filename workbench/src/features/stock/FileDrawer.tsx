import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button, Drawer, Form, Select, Upload } from 'antd';
import { useState, type ReactNode } from 'react';

import { api } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import styles from './stock.module.css';

interface Props<Report> {
  title: string;
  /** What the file is, and in which form. */
  text: string;
  needsShop: boolean;
  send: (file: Blob, place: { channel: string; shop: string }, isDry: boolean) => Promise<Report>;
  report: (report: Report) => ReactNode;
  /** Whether what was read can be taken over. */
  isFine: (report: Report) => boolean;
  onDone: () => void;
}

/** Look at a file first, then take it over. */
export function FileDrawer<Report>(props: Props<Report>) {
  const { title } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{title}</Button>
      <Drawer open={isOpen} onClose={() => setOpen(false)} title={title} destroyOnHidden>
        <Choosing {...props} onClose={() => setOpen(false)} />
      </Drawer>
    </>
  );
}

function Choosing<Report>(props: Props<Report> & { onClose: () => void }) {
  const { text, needsShop, send, report, isFine, onDone, onClose } = props;
  const { t } = useWords('stock');
  const { message } = App.useApp();
  const [file, setFile] = useState<File | null>(null);
  const [place, setPlace] = useState('');
  const { data } = useQuery(api.queryOptions('get', '/api/v1/shops'));
  const [channel = '', ...rest] = place.split('/');
  const look = useMutation({
    mutationFn: (isDry: boolean) =>
      send(file ?? new Blob(), { channel, shop: rest.join('/') }, isDry),
  });
  const take = () =>
    look.mutate(false, {
      onSuccess: () => {
        void message.success(t('file.done'));
        onDone();
        onClose();
      },
    });
  const isReady = file !== null && (!needsShop || place !== '');
  return (
    <Form layout="vertical">
      <p className="og-note">{text}</p>
      <Form.Item label={t('file.shop')} extra={needsShop ? '' : t('file.shop_help')} htmlFor="shop">
        <Select
          id="shop"
          allowClear
          value={place || null}
          onChange={(value) => {
            look.reset();
            setPlace(value);
          }}
          options={data?.items.map((one) => ({
            value: `${one.channel}/${one.shop}`,
            label: `${one.title} · ${one.shop}`,
          }))}
        />
      </Form.Item>
      <Form.Item>
        <Upload
          maxCount={1}
          beforeUpload={(chosen) => {
            look.reset();
            setFile(chosen);
            return false;
          }}
          onRemove={() => setFile(null)}
        >
          <Button>{t('file.choose')}</Button>
        </Upload>
      </Form.Item>
      {look.error && <ProblemNote error={look.error} />}
      {look.data !== undefined && report(look.data)}
      <div className={styles.bar}>
        <Button disabled={!isReady} loading={look.isPending} onClick={() => look.mutate(true)}>
          {t('file.look')}
        </Button>
        <Button
          type="primary"
          disabled={!isReady || look.data === undefined || !isFine(look.data)}
          onClick={take}
        >
          {t('file.take')}
        </Button>
      </div>
    </Form>
  );
}

/** Lines that cannot be read, one by one. */
export function Faults({
  faults,
  count,
}: {
  faults: { line: number; message: string }[];
  count: number;
}) {
  const { t } = useWords('stock');
  if (count === 0) return null;
  return (
    <>
      <p className={styles.short}>{t('file.faults', { count })}</p>
      <ul className={styles.list}>
        {faults.map((one) => (
          <li key={one.line}>
            {one.line}: {one.message}
          </li>
        ))}
      </ul>
    </>
  );
}
