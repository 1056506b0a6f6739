// What people read of a rule: its name, its reason, what a hit says, what to do.
import { Input } from 'antd';

import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import type { Editing } from './useEditing';
import styles from './rules.module.css';

export function Wording({ editing }: { editing: Editing }) {
  const { t } = useWords('rules');
  const { text, change } = editing;
  const both = (key: 'title' | 'explanation', language: 'zh' | 'en') => (
    <label key={`${key}.${language}`}>
      {t(`words.${key}`)} ({t(`app:language.${language}`)})
      <Input
        value={text[key][language]}
        onChange={(event) => change({ [key]: { ...text[key], [language]: event.target.value } })}
      />
    </label>
  );
  return (
    <Panel title={t('tab.words')}>
      <div className={styles.begin}>
        {(['title', 'explanation'] as const).flatMap((key) => [both(key, 'zh'), both(key, 'en')])}
        {(['why', 'runbook'] as const).map((key) => (
          <label key={key}>
            {t(`words.${key}`)}
            <Input.TextArea
              autoSize={{ minRows: 2 }}
              value={text[key]}
              onChange={(event) => change({ [key]: event.target.value })}
            />
          </label>
        ))}
        <label>
          {t('words.false_alarms')}
          <Input.TextArea
            autoSize={{ minRows: 2 }}
            value={text.false_alarms.join('\n')}
            onChange={(event) => change({ false_alarms: event.target.value.split('\n') })}
          />
        </label>
        <label>
          {t('words.source')}
          <Input
            value={text.prior.source}
            onChange={(event) => change({ prior: { ...text.prior, source: event.target.value } })}
          />
        </label>
      </div>
    </Panel>
  );
}
