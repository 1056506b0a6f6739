// The same condition as text, with what is wrong and where.
import { Input } from 'antd';

import { useWords } from '@app/words';
import type { Editing } from './useEditing';
import styles from './rules.module.css';

export function CelText({ editing }: { editing: Editing }) {
  const { t } = useWords('rules');
  const problems = editing.parsed?.problems ?? [];
  return (
    <>
      <Input.TextArea
        aria-label={t('cel.label')}
        className={styles.text ?? ''}
        autoSize={{ minRows: 2, maxRows: 10 }}
        spellCheck={false}
        status={problems.length > 0 ? 'error' : ''}
        value={editing.text.when}
        onChange={(event) => editing.changeWhen(event.target.value)}
      />
      {problems.length > 0 && (
        <ul role="alert" className={styles.problems}>
          {problems.map((one) => (
            <li key={`${one.line}:${one.column}:${one.message}`}>
              <strong>{t('cel.place', { line: one.line, column: one.column })}</strong>{' '}
              {one.message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
