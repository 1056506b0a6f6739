// The cards: when an order is judged, if …, then …, unless …, within these limits.
import { PlusOutlined } from '@ant-design/icons';
import { Button, InputNumber, Select } from 'antd';
import { useState, type ReactNode } from 'react';

import { said, useWords } from '@app/words';
import { Condition } from './Condition';
import { useValues, type RuleText } from './catalogue';
import { NOTHING, withTest, type Cards, type Tested } from './cards';
import { NewValue } from './NewValue';
import type { Editing } from './useEditing';
import styles from './rules.module.css';

const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;

export function Sentence({ editing }: { editing: Editing }) {
  const { t } = useWords('rules');
  const [isMaking, setMaking] = useState(false);
  const { cards } = editing;
  const addTest = (name: string) => {
    const known = cards ?? { when: NOTHING, unless: null };
    const test: Tested = { kind: 'test', name, operator: '>=', values: ['5'], other: '' };
    editing.changeCards(withTest(known, test));
  };
  return (
    <div className={styles.sentence}>
      <Card word={t('sentence.when')}>{t('sentence.judged')}</Card>
      <Card word={t('sentence.if')}>
        {cards ? (
          <Condition
            label={t('sentence.if')}
            group={cards.when}
            onChange={(when) => editing.changeCards({ ...cards, when })}
          />
        ) : (
          <span className="og-note">{t('sentence.unreadable')}</span>
        )}
        <Button size="small" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
          {t('value_new.button')}
        </Button>
        <NewValue
          isOpen={isMaking}
          onClose={() => setMaking(false)}
          onMade={(told) => {
            editing.bring(told);
            addTest(told.operand.name);
          }}
        />
      </Card>
      <Card word={t('sentence.then')}>
        <Then editing={editing} />
      </Card>
      <Card word={t('sentence.unless')}>
        {cards && <Unless cards={cards} onChange={editing.changeCards} />}
      </Card>
      <Card word={t('sentence.limits')}>
        <Limits editing={editing} />
      </Card>
    </div>
  );
}

function Card({ word, children }: { word: string; children: ReactNode }) {
  return (
    <section className={styles.card} aria-label={word}>
      <span className={styles.word}>{word}</span>
      <div className={styles.said}>{children}</div>
    </section>
  );
}

function Unless({ cards, onChange }: { cards: Cards; onChange: (cards: Cards) => void }) {
  const { t } = useWords('rules');
  if (!cards.unless)
    return (
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() =>
          onChange({
            ...cards,
            unless: {
              ...NOTHING,
              joiner: 'any',
              items: [
                { kind: 'test', name: 'lists.blocked', operator: 'isTrue', values: [], other: '' },
              ],
            },
          })
        }
      >
        {t('sentence.add_unless')}
      </Button>
    );
  return (
    <Condition
      label={t('sentence.unless')}
      group={cards.unless}
      onChange={(unless) =>
        onChange({ ...cards, unless: unless.items.length > 0 ? unless : null })
      }
    />
  );
}

function Then({ editing }: { editing: Editing }) {
  const { t, language } = useWords('rules');
  const { entities } = useValues();
  const { text, change } = editing;
  return (
    <>
      {t('sentence.alert')}
      <Select
        aria-label={t('column.severity')}
        value={text.severity}
        options={SEVERITIES.map((one) => ({ value: one, label: t(`app:severity.${one}`) }))}
        onChange={(severity) => change({ severity })}
      />
      {t('sentence.about')}
      <Select
        mode="multiple"
        maxCount={3}
        aria-label={t('sentence.subject')}
        className={styles.list ?? ''}
        value={text.subject}
        options={entities.map((one) => ({ value: one.name, label: said(one.title, language) }))}
        onChange={(subject: RuleText['subject']) =>
          change({ subject: subject.length > 0 ? subject : ['order'] })
        }
      />
      {text.raises.map((one) => (
        <div key={one.when} className={styles.said}>
          {t('sentence.raised', { severity: t(`app:severity.${one.to}`) })}
          <code className="og-code">{one.when}</code>
        </div>
      ))}
    </>
  );
}

function Limits({ editing }: { editing: Editing }) {
  const { t, language } = useWords('rules');
  const { operands } = useValues();
  const { text, change } = editing;
  const used = [...operands.values()].filter(
    (one) => one.kind !== null && text.when.includes(one.name),
  );
  return (
    <>
      {t('sentence.concerns')}
      <Select
        mode="multiple"
        aria-label={t('sentence.concerns')}
        className={styles.list ?? ''}
        placeholder={t('sentence.this_order')}
        value={text.concerns.map((one) => one.feature)}
        options={used.map((one) => ({ value: one.name, label: said(one.title, language) }))}
        onChange={(names: string[]) =>
          change({
            concerns: names.map(
              (name) =>
                text.concerns.find((one) => one.feature === name) ?? { feature: name, when: null },
            ),
          })
        }
      />
      {t('sentence.belief')}
      <InputNumber
        aria-label={t('sentence.belief')}
        min={1}
        max={99}
        suffix="%"
        value={Math.round(text.prior.bad * 100)}
        onChange={(share) => change({ prior: { ...text.prior, bad: (share ?? 20) / 100 } })}
      />
    </>
  );
}
