// A condition by clicks: rows of typed values, joined by all or any.
import { CloseOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import {
  QueryBuilder,
  type ActionProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type NotToggleProps,
  type OperatorSelectorProps,
  type RuleGroupType,
} from 'react-querybuilder';

import { useWords } from '@app/words';
import { nameOf, useValues } from './catalogue';
import type { Group } from './cards';
import { beginning, CEL, fromQuery, operatorsOf, toQuery } from './query';
import styles from './rules.module.css';
import { ValueEditor } from './ValueEditor';

const WORDS: Record<string, string> = {
  '>=': 'at_least',
  '>': 'above',
  '<=': 'at_most',
  '<': 'below',
  '==': 'is',
  '!=': 'is_not',
};

interface Props {
  label: string;
  group: Group;
  onChange: (group: Group) => void;
}

export function Condition({ label, group, onChange }: Props) {
  const { operands } = useValues();
  const { t, language } = useWords('rules');
  const told = JSON.stringify(group);
  const [begun, setBegun] = useState({ told, turn: 0 });
  // The builder keeps its own state: what changes outside of it, as by text, begins it anew.
  if (begun.told !== told) setBegun({ told, turn: begun.turn + 1 });
  const typeOf = (name: string) => (name === CEL ? 'cel' : (operands.get(name)?.type ?? 'number'));
  const fields = useMemo(
    () => [
      ...[...operands.keys()].map((name) => ({ name, label: nameOf(operands, name, language) })),
      { name: CEL, label: t('cel.field') },
    ],
    [operands, language, t],
  );
  const take = (changed: RuleGroupType) => {
    const next = fromQuery(changed);
    const said = JSON.stringify(next);
    if (said === told) return;
    setBegun((known) => ({ ...known, told: said }));
    onChange(next);
  };
  return (
    <div role="group" aria-label={label} className={styles.condition}>
      <QueryBuilder
        key={begun.turn}
        defaultQuery={toQuery(group)}
        onQueryChange={take}
        fields={fields}
        combinators={[
          { name: 'and', label: t('joiner.all') },
          { name: 'or', label: t('joiner.any') },
        ]}
        getOperators={(name) =>
          operatorsOf(typeOf(name)).map((one) => ({
            name: one,
            label: t(`operator.${WORDS[one] ?? one}`),
          }))
        }
        getDefaultField={() => 'order.amount'}
        getDefaultValue={(rule) => beginning(typeOf(rule.field))}
        showNotToggle
        controlElements={CONTROLS}
        controlClassnames={{ queryBuilder: styles.query ?? '' }}
      />
    </div>
  );
}

function FieldSelector(props: FieldSelectorProps) {
  const { operands } = useValues();
  const { t, language } = useWords('rules');
  const options = useMemo(
    () => [
      ...[...operands.values()].map((one) => ({
        value: one.name,
        label: nameOf(operands, one.name, language),
        search: `${one.name} ${one.title.zh} ${one.title.en}`.toLowerCase(),
      })),
      { value: CEL, label: t('cel.field'), search: 'cel' },
    ],
    [operands, language, t],
  );
  return (
    <Select
      aria-label={t('field')}
      className={styles.field ?? ''}
      showSearch={{
        filterOption: (typed, option) => option?.search.includes(typed.toLowerCase()) ?? false,
      }}
      value={props.value}
      options={options}
      popupMatchSelectWidth={360}
      onChange={(name: string) => props.handleOnChange(name)}
    />
  );
}

function OperatorSelector(props: OperatorSelectorProps) {
  const { t } = useWords('rules');
  const listed = props.options as { name: string; label: string }[];
  if (listed.length < 2) return null;
  return (
    <Select
      aria-label={t('operator_label')}
      className={styles.operator ?? ''}
      value={props.value}
      options={listed.map((one) => ({ value: one.name, label: one.label }))}
      onChange={(name: string) => props.handleOnChange(name)}
    />
  );
}

function Combinator(props: CombinatorSelectorProps) {
  const { t } = useWords('rules');
  if (props.rules.length < 2) return null;
  return (
    <Segmented
      size="small"
      value={props.value ?? 'and'}
      options={[
        { value: 'and', label: t('joiner.all') },
        { value: 'or', label: t('joiner.any') },
      ]}
      onChange={(name) => props.handleOnChange(name)}
    />
  );
}

function NotToggle(props: NotToggleProps) {
  const { t } = useWords('rules');
  if (props.path.length === 0 && !props.checked) return null;
  return (
    <Button
      size="small"
      type={props.checked ? 'primary' : 'text'}
      aria-pressed={props.checked ?? false}
      onClick={() => props.handleOnChange(!props.checked)}
    >
      {t('not')}
    </Button>
  );
}

function Add(props: ActionProps & { word: 'add_test' | 'add_group' }) {
  const { t } = useWords('rules');
  return (
    <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => props.handleOnClick()}>
      {t(props.word)}
    </Button>
  );
}

function Remove(props: ActionProps) {
  const { t } = useWords('rules');
  return (
    <Button
      size="small"
      type="text"
      aria-label={t('remove')}
      icon={<CloseOutlined />}
      onClick={() => props.handleOnClick()}
    />
  );
}

const CONTROLS = {
  fieldSelector: FieldSelector,
  operatorSelector: OperatorSelector,
  valueEditor: ValueEditor,
  combinatorSelector: Combinator,
  notToggle: NotToggle,
  addRuleAction: (props: ActionProps) => <Add {...props} word="add_test" />,
  addGroupAction: (props: ActionProps) => <Add {...props} word="add_group" />,
  removeRuleAction: Remove,
  removeGroupAction: Remove,
};
