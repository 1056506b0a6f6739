// What a playbook is, and the steps that a change of it may take: proposed, approved by another.
import { App, Button, Popconfirm } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';

import { api, type Schemas } from '@api/client';
import { said, useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { bookOf, type Draft } from './useDraft';
import styles from './playbooks.module.css';

interface Props {
  playbook: Schemas['Playbook'];
  book: Schemas['PlaybookBook'];
  draft: Draft;
}

export function Bar({ playbook, book, draft }: Props) {
  const { t, language } = useWords('playbooks');
  const { message } = App.useApp();
  const [, setView] = useSearchParams();
  const queries = useQueryClient();
  const save = api.useMutation('put', '/api/v1/playbooks/{playbook_id}');
  const approve = api.useMutation('post', '/api/v1/playbooks/{playbook_id}/approve');
  const drop = api.useMutation('delete', '/api/v1/playbooks/{playbook_id}/draft');
  const params = { path: { playbook_id: book.id } };
  const told = (word: string) => {
    void queries.invalidateQueries({ queryKey: bookOf(book.id).queryKey });
    void queries.invalidateQueries({ queryKey: ['get', '/api/v1/playbooks'] });
    void message.success(word);
  };
  const isRight = draft.problems?.length === 0;
  const error = save.error ?? approve.error ?? drop.error;
  return (
    <>
      <div className={styles.bar}>
        <h1 className={styles.name}>{said(playbook.title, language)}</h1>
        <code className="og-id">{book.id}</code>
        {book.draft_by !== null && (
          <span className="og-note">{t('bar.draft_by', { name: book.draft_by })}</span>
        )}
        <span className="og-space" />
        <Button onClick={() => setView({ id: book.id })}>{t('bar.close')}</Button>
        {book.can.includes('drop') && (
          <Popconfirm
            title={t('bar.drop_ask')}
            okText={t('bar.drop')}
            cancelText={t('cancel')}
            onConfirm={() => drop.mutate({ params }, { onSuccess: () => told(t('bar.dropped')) })}
          >
            <Button danger>{t('bar.drop')}</Button>
          </Popconfirm>
        )}
        <Button
          type={draft.isChanged ? 'primary' : 'default'}
          disabled={!draft.isChanged || !isRight}
          loading={save.isPending}
          onClick={() =>
            save.mutate(
              { params, body: { text: draft.text } },
              { onSuccess: () => told(t('bar.saved')) },
            )
          }
        >
          {t('bar.save')}
        </Button>
        {book.can.includes('approve') && (
          <Popconfirm
            title={t('bar.approve_ask', { name: book.draft_by ?? '' })}
            okText={t('bar.approve')}
            cancelText={t('cancel')}
            onConfirm={() =>
              approve.mutate({ params }, { onSuccess: () => told(t('bar.approved')) })
            }
          >
            <Button type="primary" disabled={draft.isChanged}>
              {t('bar.approve')}
            </Button>
          </Popconfirm>
        )}
      </div>
      {book.draft_by !== null && !book.can.includes('approve') && (
        <p className="og-note">{t('bar.waits')}</p>
      )}
      {error && <ProblemNote error={error} />}
    </>
  );
}
