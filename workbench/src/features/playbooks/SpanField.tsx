import { InputNumber, Select, Space } from 'antd';

import { useWords } from '@app/words';
import { Field } from './Field';
import { spanIn, UNITS, type Unit } from './text';
import styles from './playbooks.module.css';

interface Props {
  label: string;
  /** As files have it: `2h`, empty for nothing. */
  value: string;
  onChange: (value: string) => void;
}

/** A time: how many of which unit; without a number nothing is said. */
export function SpanField({ label, value, onChange }: Props) {
  const { t } = useWords('playbooks');
  const { count, unit } = spanIn(value) ?? { count: null, unit: 'h' as Unit };
  const say = (next: number | null, of: Unit) => onChange(next ? `${next}${of}` : '');
  return (
    <Field label={label}>
      <Space.Compact block>
        <InputNumber
          min={0}
          precision={0}
          value={count}
          onChange={(next) => say(next, unit)}
          aria-label={label}
        />
        <Select
          className={styles.unit ?? ''}
          aria-label={t('form.unit', { member: label })}
          value={unit}
          onChange={(next: Unit) => say(count, next)}
          options={UNITS.map((one) => ({ value: one, label: t(`unit.${one}`) }))}
        />
      </Space.Compact>
    </Field>
  );
}
