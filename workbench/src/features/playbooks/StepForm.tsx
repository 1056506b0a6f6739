// One step as a form: what is done, when, for which orders, and what it waits for.
import { Checkbox, Input, Select } from 'antd';
import { useState } from 'react';

import { useWords } from '@app/words';
import { BranchField } from './BranchField';
import { Faults } from './Faults';
import { Field } from './Field';
import { SpanField } from './SpanField';
import { changed, STATES, type StepText } from './text';
import type { Draft } from './useDraft';
import styles from './playbooks.module.css';

interface Props {
  draft: Draft;
  at: number;
  actions: readonly string[];
  onRenamed: (step: string) => void;
}

export function StepForm({ draft, at, actions, onRenamed }: Props) {
  const { t } = useWords('playbooks');
  const step = draft.text.steps[at] as StepText;
  const change = (part: Partial<StepText>) => draft.change(changed(draft.text, at, part));
  const before = (draft.text.steps as StepText[]).slice(0, at);
  const steps = before.map((one) => ({ value: one.step, label: one.step }));
  const span = (member: 'after' | 'wait' | 'give_up' | 'due') => (
    <SpanField
      key={member}
      label={t(`member.${member}`)}
      value={step[member]}
      onChange={(value) => change({ [member]: value })}
    />
  );
  const earlier = (member: 'after_step' | 'undoes') => (
    <Field label={t(`member.${member}`)}>
      <Select
        allowClear
        aria-label={t(`member.${member}`)}
        value={step[member] || null}
        onChange={(value: string | null) => change({ [member]: value ?? '' })}
        options={steps}
      />
    </Field>
  );
  return (
    <div className={styles.form}>
      <label>
        {t('member.step')}
        <Input
          value={step.step}
          onChange={(event) => {
            const name = event.target.value.toLowerCase().replace(/[^a-z0-9_]/g, '');
            const isTaken = draft.text.steps.some((one) => one.step === name);
            if (!name || isTaken) return;
            change({ step: name });
            onRenamed(name);
          }}
        />
      </label>
      <Field label={t('member.action')}>
        <Select
          aria-label={t('member.action')}
          showSearch={{ optionFilterProp: 'label' }}
          value={step.action}
          onChange={(action: string) => change({ action })}
          options={[...new Set([step.action, ...actions])].map((value) => ({
            value,
            label: t(`action.${value}`, { defaultValue: value }),
          }))}
        />
      </Field>
      <Field label={t('member.only_if')}>
        <Select
          allowClear
          aria-label={t('member.only_if')}
          value={step.only_if || null}
          onChange={(value: string | null) => change({ only_if: value ?? '' })}
          options={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
        />
      </Field>
      {span('after')}
      {step.on === null && earlier('after_step')}
      <BranchField
        label={t('member.on')}
        value={step.on}
        before={before}
        onChange={(on) => change(on ? { on, after_step: '' } : { on })}
      />
      <BranchField
        label={t('member.unless')}
        value={step.unless}
        before={before}
        onChange={(unless) => change({ unless })}
      />
      {earlier('undoes')}
      {span('wait')}
      {span('give_up')}
      {step.action === 'open_case' && span('due')}
      <label>
        {t('member.within')}
        <Input
          allowClear
          placeholder="08:00-21:00"
          value={step.within}
          onChange={(event) => change({ within: event.target.value.trim() })}
        />
      </label>
      <Values key={step.step} values={step.values} onChange={(values) => change({ values })} />
      <Checkbox checked={step.each} onChange={(event) => change({ each: event.target.checked })}>
        {t('member.each')}
      </Checkbox>
      <Faults problems={draft.problems} step={at} />
    </div>
  );
}

interface ValuesProps {
  values: Record<string, string>;
  onChange: (values: Record<string, string>) => void;
}

/** What the action is told besides, one `name: text` a line; other lines wait to become one. */
function Values({ values, onChange }: ValuesProps) {
  const { t } = useWords('playbooks');
  const lines = Object.entries(values).map(([name, value]) => `${name}: ${value}`);
  const [text, setText] = useState(lines.join('\n'));
  return (
    <label>
      {t('member.values')}
      <Input.TextArea
        autoSize={{ minRows: 1 }}
        placeholder="for: 2h"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const pairs = event.target.value
            .split('\n')
            .map((line) => /^\s*([\w-]+)\s*:\s*(.+?)\s*$/.exec(line))
            .flatMap((found) => (found ? [[found[1] ?? '', found[2] ?? '']] : []));
          onChange(Object.fromEntries(pairs) as Record<string, string>);
        }}
      />
    </label>
  );
}
