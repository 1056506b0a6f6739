// What a rule is now, and the steps that it may take: draft, shadow, live by a second person.
import { App, Button, Popconfirm } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';

import { api, type Schemas } from '@api/client';
import type { Refusal } from '@api/refusal';
import { useMay } from '@app/session';
import { said, useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { useBack } from './canvasView';
import { StatusTag } from './StatusTag';
import { bookOf, type Editing } from './useEditing';
import styles from './rules.module.css';

interface Props {
  id: string;
  book: Schemas['Book'] | null;
  editing: Editing;
}

export function PublishBar({ id, book, editing }: Props) {
  const { t, language } = useWords('rules');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const go = useNavigate();
  const back = useBack();
  const mayChange = useMay('change_rules');
  const save = api.useMutation('put', '/api/v1/rules/{rule_id}');
  const publish = api.useMutation('post', '/api/v1/rules/{rule_id}/publish');
  const path = { rule_id: id };
  const told = (next: Schemas['Book'], word: string) => {
    queries.setQueryData(bookOf(id).queryKey, next);
    void queries.invalidateQueries({ queryKey: ['get', '/api/v1/rulebook'] });
    void message.success(word);
  };
  const isRight = (editing.parsed?.problems.length ?? 1) === 0;
  const keep = () =>
    save.mutate(
      { params: { path }, body: { text: editing.text, features: editing.features } },
      {
        onSuccess: (next) => {
          told(next, t('bar.saved'));
          editing.saved(next.text as Required<typeof next.text>);
          if (!book) void go(`/rules/${id}`, { replace: true });
        },
      },
    );
  const put = (to: 'shadow' | 'live' | 'retired') =>
    publish.mutate(
      { params: { path }, body: { to } },
      { onSuccess: (next) => told(next, t(`bar.now_${to}`)) },
    );
  const can = book?.can ?? [];
  const problem = save.error ?? publish.error;
  const isDone = !editing.isChanged && book !== null;
  return (
    <>
      <div className={styles.bar}>
        <Link to={back ?? '/rules'}>{t(back ? 'canvas.title' : 'title')}</Link>
        <h1 className={styles.name}>{said(editing.text.title, language)}</h1>
        <StatusTag status={book?.status ?? null} />
        <code className="og-id">{id}</code>
        {book?.draft_by && (
          <span className="og-note">{t('bar.draft_by', { name: book.draft_by })}</span>
        )}
        <span className="og-space" />
        {mayChange && (
          <Button
            type={isDone ? 'default' : 'primary'}
            disabled={isDone || !isRight}
            loading={save.isPending}
            onClick={keep}
          >
            {t('bar.save')}
          </Button>
        )}
        {can.includes('shadow') && (
          <Button
            type={isDone && book.status !== 'live' ? 'primary' : 'default'}
            disabled={!isDone}
            loading={publish.isPending}
            onClick={() => put('shadow')}
          >
            {t('bar.shadow')}
          </Button>
        )}
        {can.includes('live') && (
          <Popconfirm
            title={t('bar.approve_ask', { name: book?.author ?? '' })}
            okText={t('bar.approve')}
            cancelText={t('cancel')}
            onConfirm={() => put('live')}
          >
            <Button type="primary" disabled={!isDone}>
              {t('bar.approve')}
            </Button>
          </Popconfirm>
        )}
        {can.includes('retired') && (
          <Popconfirm
            title={t('bar.retire_ask')}
            okText={t('bar.retire')}
            cancelText={t('cancel')}
            onConfirm={() => put('retired')}
          >
            <Button danger>{t('bar.retire')}</Button>
          </Popconfirm>
        )}
      </div>
      {mayChange && book?.status === 'shadow' && !can.includes('live') && (
        <p className="og-note">{t('bar.waits')}</p>
      )}
      {problem && <Faults problem={problem as unknown as Refusal} />}
    </>
  );
}

function Faults({ problem }: { problem: Refusal }) {
  const faults = problem.errors;
  return (
    <>
      <ProblemNote error={problem} />
      {faults.length > 0 && (
        <ul className={styles.problems}>
          {faults.map((one) => (
            <li key={`${one.name}${one.detail}`}>
              <code>{one.name}</code> {one.detail}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
