import { Button, Input } from 'antd';
import type { TextAreaRef } from 'antd/es/input/TextArea';
import { useState, type RefObject } from 'react';

import { api } from '@api/client';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';

import styles from './cases.module.css';
import type { CaseDetail } from './useCase';

interface Props {
  one: CaseDetail;
  isOpen: boolean;
  field: RefObject<TextAreaRef | null>;
  onSaid: () => void;
}

export function Comments({ one, isOpen, field, onSaid }: Props) {
  const { t, language } = useWords('cases');
  const [text, setText] = useState('');
  const { mutate, error, isPending } = api.useMutation('patch', '/api/v1/cases/{case_id}', {
    onSuccess: () => {
      setText('');
      onSaid();
    },
  });
  const say = () => {
    const comment = text.trim();
    if (comment) mutate({ params: { path: { case_id: one.case_id } }, body: { comment } });
  };
  return (
    <>
      <ul className={styles.comments}>
        {one.comments.map((said) => (
          <li key={`${said.at} ${said.by}`}>
            <span className="og-note">
              {said.by}, {momentOf(said.at, language)}
            </span>
            <p>{said.text}</p>
          </li>
        ))}
      </ul>
      {error && <ProblemNote error={error} />}
      {isOpen && (
        <div className={styles.saying}>
          <Input.TextArea
            ref={field}
            value={text}
            rows={2}
            maxLength={2_000}
            aria-label={t('comment')}
            placeholder={t('comment_hint')}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) say();
              if (event.key === 'Escape') event.currentTarget.blur();
            }}
          />
          <Button onClick={say} loading={isPending} disabled={!text.trim()}>
            {t('say')}
          </Button>
        </div>
      )}
    </>
  );
}
