// What a value is compared with: a literal of its type, or another value.
import { SwapOutlined } from '@ant-design/icons';
import { Button, Input, InputNumber, Select } from 'antd';
import type { ValueEditorProps } from 'react-querybuilder';

import { useWords } from '@app/words';
import { literal, plain } from './cards';
import { nameOf, useValues } from './catalogue';
import { Spread } from './Spread';
import { beginning, CEL, givenOf, takesValue, type Given } from './query';
import styles from './rules.module.css';

export function ValueEditor(props: ValueEditorProps) {
  const { field, operator } = props;
  const { operands } = useValues();
  const { t } = useWords('rules');
  const given = givenOf(props.value);
  const change = (next: Given) => props.handleOnChange(next);
  const operand = operands.get(field);
  if (field === CEL)
    return (
      <Input
        aria-label={t('cel.label')}
        className={styles.cel ?? ''}
        value={given.values[0] ?? ''}
        onChange={(event) => change({ values: [event.target.value], other: '' })}
      />
    );
  if (!takesValue(operator)) return <Spread operand={operand} />;
  const type = operand?.type ?? 'number';
  return (
    <>
      {given.other ? (
        <OtherValue field={field} given={given} onChange={change} />
      ) : operator === 'in' ? (
        <Select
          mode="tags"
          aria-label={t('value')}
          className={styles.list ?? ''}
          value={given.values.map(plain)}
          onChange={(texts: string[]) =>
            change({
              values: texts.flatMap((one) => literal(one, type) ?? []),
              other: '',
            })
          }
        />
      ) : type === 'text' ? (
        <Input
          aria-label={t('value')}
          className={styles.value ?? ''}
          value={plain(given.values[0] ?? '""')}
          onChange={(event) =>
            change({ values: [literal(event.target.value, 'text') ?? ''], other: '' })
          }
        />
      ) : (
        <NumberInput type={type} written={given.values[0] ?? ''} onChange={change} />
      )}
      {operand?.unit && <span className={styles.unit}>{t(`unit.${operand.unit}`)}</span>}
      {operator !== 'in' && (
        <Button
          size="small"
          type="text"
          icon={<SwapOutlined />}
          aria-label={t(given.other ? 'with_literal' : 'with_value')}
          onClick={() => change(given.other ? beginning(type) : { values: [], other: field })}
        />
      )}
      <Spread operand={operand} />
    </>
  );
}

interface NumberProps {
  type: string;
  written: string;
  onChange: (given: Given) => void;
}

/** Arithmetic on literals, such as 0.97 * 999.0, stays as it was written until it is replaced. */
function NumberInput({ type, written, onChange }: NumberProps) {
  const { t } = useWords('rules');
  const isPlain = /^-?[\d.]+$/.test(written);
  if (!isPlain && written)
    return (
      <Input
        aria-label={t('value')}
        className={styles.value ?? ''}
        value={written}
        onChange={(event) => onChange({ values: [event.target.value], other: '' })}
      />
    );
  return (
    <InputNumber
      aria-label={t('value')}
      className={styles.value ?? ''}
      stringMode
      {...(type === 'int' ? { precision: 0 } : {})}
      value={plain(written)}
      onChange={(number) => {
        const next = literal(number ?? '', type);
        if (next !== null) onChange({ values: [next], other: '' });
      }}
    />
  );
}

function OtherValue({
  field,
  given,
  onChange,
}: {
  field: string;
  given: Given;
  onChange: (given: Given) => void;
}) {
  const { operands } = useValues();
  const { t, language } = useWords('rules');
  const isNumber = (type?: string) => type !== 'text' && type !== 'bool';
  const type = operands.get(field)?.type;
  const alike = [...operands.values()].filter((one) =>
    isNumber(type) ? isNumber(one.type) : one.type === type,
  );
  return (
    <Select
      showSearch={{ optionFilterProp: 'label' }}
      aria-label={t('other')}
      className={styles.field ?? ''}
      value={given.other}
      options={alike.map((one) => ({
        value: one.name,
        label: nameOf(operands, one.name, language),
      }))}
      onChange={(other: string) => onChange({ values: [], other })}
    />
  );
}
