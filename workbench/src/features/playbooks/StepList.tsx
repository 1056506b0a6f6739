// The steps in their order: one is chosen, moved, taken away or added.
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';

import { useWords } from '@app/words';
import { added, moved, removed } from './text';
import type { Draft } from './useDraft';
import styles from './playbooks.module.css';

interface Props {
  draft: Draft;
  actions: readonly string[];
  at: number;
  onChoose: (step: string) => void;
}

export function StepList({ draft, actions, at, onChoose }: Props) {
  const { t } = useWords('playbooks');
  const { text, change, problems } = draft;
  const add = (action: string) => {
    const next = added(text, action);
    change(next);
    onChoose(next.steps.at(-1)?.step ?? '');
  };
  return (
    <>
      <ol className={styles.list}>
        {text.steps.map((step, place) => (
          <li key={step.step} data-chosen={place === at}>
            <Button type="link" size="small" onClick={() => onChoose(step.step)}>
              {step.step}
            </Button>
            <span className="og-note">
              {t(`action.${step.action}`, { defaultValue: step.action })}
            </span>
            {problems?.some((one) => one.step === place) && (
              <span className={styles.wrong}>{t('form.wrong')}</span>
            )}
            <span className="og-space" />
            <Button
              size="small"
              type="text"
              icon={<ArrowUpOutlined />}
              aria-label={t('form.up', { step: step.step })}
              disabled={place === 0}
              onClick={() => change(moved(text, place, -1))}
            />
            <Button
              size="small"
              type="text"
              icon={<ArrowDownOutlined />}
              aria-label={t('form.down', { step: step.step })}
              disabled={place === text.steps.length - 1}
              onClick={() => change(moved(text, place, 1))}
            />
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('form.remove', { step: step.step })}
              onClick={() => change(removed(text, place))}
            />
          </li>
        ))}
      </ol>
      <Select
        className={styles.add ?? ''}
        value={null}
        showSearch={{ optionFilterProp: 'label' }}
        aria-label={t('form.add')}
        placeholder={t('form.add')}
        onChange={add}
        options={actions.map((action) => ({
          value: action,
          label: t(`action.${action}`, { defaultValue: action }),
        }))}
      />
    </>
  );
}
