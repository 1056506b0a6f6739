import { Select } from 'antd';

import type { Schemas } from '@api/client';
import { useWords } from '@app/words';
import { optionsOf } from './catalogue';

interface Props {
  label: string;
  /** The names that may be chosen. */
  values: readonly string[];
  operands: readonly Schemas['Operand'][];
  value: string | undefined;
  onChange: (name: string) => void;
}

/** One value of the catalogue, found by its name or its title. */
export function ValueSelect({ label, values, operands, value, onChange }: Props) {
  const { language } = useWords('rules');
  return (
    <Select
      aria-label={label}
      placeholder={label}
      showSearch={{ optionFilterProp: 'search' }}
      value={value}
      options={optionsOf(
        operands.filter((one) => values.includes(one.name)),
        language,
      )}
      onChange={onChange}
    />
  );
}
