import { Select, Space } from 'antd';

import { useWords } from '@app/words';
import { Field } from './Field';
import { answersOf, type Answer, type StepText } from './text';
import styles from './playbooks.module.css';

interface Props {
  label: string;
  value: StepText['on'];
  /** The steps that stand before this one. */
  before: readonly StepText[];
  onChange: (value: StepText['on']) => void;
}

/** An earlier step, and which answers of it count. */
export function BranchField({ label, value, before, onChange }: Props) {
  const { t } = useWords('playbooks');
  const asked = before.find((one) => one.step === value?.step);
  const may = [...new Set([...answersOf(asked), ...(value?.answers ?? [])])];
  return (
    <Field label={label}>
      <Space.Compact block>
        <Select
          allowClear
          className={styles.wide ?? ''}
          aria-label={label}
          value={value?.step ?? null}
          onChange={(step: string | null) => {
            const answers = answersOf(before.find((one) => one.step === step)).slice(0, 1);
            onChange(step ? { step, answers: [...answers] } : null);
          }}
          options={before.map((one) => ({ value: one.step, label: one.step }))}
        />
        {value && (
          <Select
            mode="multiple"
            className={styles.wide ?? ''}
            aria-label={t('form.answers', { member: label })}
            value={value.answers}
            onChange={(answers: Answer[]) =>
              onChange(answers.length > 0 ? { ...value, answers } : null)
            }
            options={may.map((one) => ({ value: one, label: t(`answer.${one}`) }))}
          />
        )}
      </Space.Compact>
    </Field>
  );
}
