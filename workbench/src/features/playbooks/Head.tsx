// What is said of the playbook as a whole, and what is wrong with it.
import { Input, InputNumber } from 'antd';

import { useWords } from '@app/words';
import { Faults } from './Faults';
import type { Draft } from './useDraft';
import styles from './playbooks.module.css';

export function Head({ draft }: { draft: Draft }) {
  const { t } = useWords('playbooks');
  const { text, change } = draft;
  return (
    <div className={styles.form}>
      {(['zh', 'en'] as const).map((language) => (
        <label key={language}>
          {t('form.title')} ({t(`app:language.${language}`)})
          <Input
            value={text.title[language]}
            onChange={(event) =>
              change({ ...text, title: { ...text.title, [language]: event.target.value } })
            }
          />
        </label>
      ))}
      <label>
        {t('form.holds')}
        <InputNumber
          min={1}
          max={100_000}
          value={text.holds_per_hour}
          onChange={(holds_per_hour) => change({ ...text, holds_per_hour })}
        />
      </label>
      <label>
        {t('form.zone')}
        <Input
          value={text.zone}
          onChange={(event) => change({ ...text, zone: event.target.value })}
        />
      </label>
      <Faults problems={draft.problems} step={null} />
    </div>
  );
}
