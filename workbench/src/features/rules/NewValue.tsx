// A value that no pack computes yet, by clicks: what is counted, of whom, how far back.
import { InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';

import { api, type Schemas } from '@api/client';
import { said, useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { useValues } from './catalogue';
import styles from './rules.module.css';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;
const KINDS = ['count', 'sum', 'max', 'min', 'avg', 'distinct'] as const;
type Kind = (typeof KINDS)[number];

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onMade: (told: Schemas['NewValueTold']) => void;
}

export function NewValue({ isOpen, onClose, onMade }: Props) {
  const { t, language } = useWords('rules');
  const { entities, operands } = useValues();
  const [kind, setKind] = useState<Kind>('count');
  const [of, setOf] = useState('order.amount');
  const [by, setBy] = useState<Schemas['Entity'][]>([]);
  const [count, setCount] = useState(10);
  const [unit, setUnit] = useState<Unit>('m');
  const make = api.useMutation('post', '/api/v1/rulebook/values');
  const members = [...operands.values()].filter(
    (one) => one.kind === null && (kind === 'distinct' ? one.type === 'text' : one.type !== 'text'),
  );
  const finish = () =>
    make.mutate(
      { body: { kind, by, window_ms: count * UNITS[unit], of: kind === 'count' ? null : of } },
      {
        onSuccess: (told) => {
          onMade(told);
          onClose();
        },
      },
    );
  return (
    <Modal
      open={isOpen}
      title={t('value_new.title')}
      okText={t('value_new.make')}
      cancelText={t('cancel')}
      okButtonProps={{ disabled: by.length === 0, loading: make.isPending }}
      onOk={finish}
      onCancel={onClose}
    >
      <div className={styles.begin}>
        <label>
          {t('value_new.kind')}
          <Select
            value={kind}
            aria-label={t('value_new.kind')}
            options={KINDS.map((one) => ({ value: one, label: t(`value_new.kinds.${one}`) }))}
            onChange={(one: Kind) => {
              setKind(one);
              setOf(one === 'distinct' ? 'buyer.id' : 'order.amount');
            }}
          />
        </label>
        {kind !== 'count' && (
          <label>
            {t('value_new.of')}
            <Select
              value={of}
              aria-label={t('value_new.of')}
              options={members.map((one) => ({
                value: one.name,
                label: said(one.title, language),
              }))}
              onChange={setOf}
            />
          </label>
        )}
        <label>
          {t('value_new.by')}
          <Select
            mode="multiple"
            maxCount={3}
            value={by}
            aria-label={t('value_new.by')}
            options={entities
              .filter((one) => one.name !== 'order')
              .map((one) => ({ value: one.name, label: said(one.title, language) }))}
            onChange={setBy}
          />
        </label>
        <div className={styles.said}>
          {t('value_new.window')}
          <InputNumber
            aria-label={t('value_new.window')}
            min={1}
            max={180}
            precision={0}
            value={count}
            onChange={(n) => setCount(n ?? 1)}
          />
          <Select
            aria-label={t('value_new.unit')}
            value={unit}
            options={(Object.keys(UNITS) as Unit[]).map((one) => ({
              value: one,
              label: t(`value_new.units.${one}`),
            }))}
            onChange={setUnit}
          />
        </div>
        <p className="og-note">{t('value_new.note')}</p>
        {make.error && <ProblemNote error={make.error} />}
      </div>
    </Modal>
  );
}
