// The inbox: everything that waits for a person, as a list that keys are enough for.
import { QuestionCircleOutlined, ReloadOutlined } from '@ant-design/icons';
import { App, Button, type InputRef } from 'antd';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';

import { useMay, useSession } from '@app/session';
import { numberOf } from '@app/times';
import { useIsNarrow } from '@app/useIsNarrow';
import { verdictsOf } from '@app/work/deeds';
import { keepFrom } from '@app/work/queue';
import { useRules } from '@app/work/rules';
import { UndoBar } from '@app/work/UndoBar';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';

import { Bulk } from './Bulk';
import { Filters } from './Filters';
import { Help } from './Help';
import styles from './inbox.module.css';
import { List } from './List';
import { Preview } from './Preview';
import { useCursor } from './useCursor';
import { useRows } from './useRows';
import { useSelection } from './useSelection';
import { useWork } from './useWork';
import { readView, writeView, type View } from './view';
import { Views } from './Views';

export default function Inbox() {
  const { t, language } = useWords('inbox');
  const { message } = App.useApp();
  const { name: me } = useSession();
  const mayDecide = useMay('decide_cases');
  const isNarrow = useIsNarrow();
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  useEffect(() => keepFrom(text && `?${text}`), [text]);
  const view = useMemo(() => readView(new URLSearchParams(text)), [text]);
  const { rows, shelf, loading, again } = useRows(view, me);
  const words = useRules();
  const selection = useSelection(shelf.ids);
  const cursor = useCursor(shelf.ids);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const search = useRef<InputRef>(null);
  const current = cursor.at === null ? undefined : rows.rows.get(cursor.at);

  const fail = useCallback(
    (error: unknown) => {
      void message.error(error instanceof Error ? error.message : t('app:problem.title'));
    },
    [message, t],
  );
  const look = useCallback(
    (next: Partial<View>) => setQuery(writeView({ ...view, ...next }), { replace: true }),
    [view, setQuery],
  );

  const work = useWork({
    rows,
    ids: shelf.ids,
    selection,
    cursor,
    fail,
    onSearch: () => search.current?.focus(),
    onHelp: () => setHelpOpen(true),
  });
  const kinds = new Set([...selection.marked].map((id) => rows.rows.get(id)?.kind));
  const [kind] = kinds;
  const changed = shelf.fresh + shelf.stale;
  const options = useMemo(
    () =>
      [...words.rules.values()]
        .map((rule) => ({ value: rule.id, label: words.titleOf(rule.id) }))
        .toSorted((a, b) => a.label.localeCompare(b.label)),
    [words],
  );

  return (
    <div className={styles.page}>
      <div className={styles.top}>
        <Views query={writeView(view).toString()} />
        <span className="og-note og-number" aria-live="polite">
          {t(loading.isOver ? 'count' : 'loading', { n: numberOf(shelf.ids.length, language) })}
        </span>
        {changed > 0 && (
          <Button size="small" icon={<ReloadOutlined />} onClick={() => rows.tidy()}>
            {t('changed', { fresh: shelf.fresh, stale: shelf.stale })} <kbd>r</kbd>
          </Button>
        )}
        {mayDecide && (
          <Button size="small" className={styles.last} onClick={work.take}>
            {t('take_next')} <kbd>n</kbd>
          </Button>
        )}
        <Button
          type="text"
          className={mayDecide ? '' : (styles.last ?? '')}
          icon={<QuestionCircleOutlined />}
          aria-label={t('help.title')}
          onClick={() => setHelpOpen(true)}
        />
      </div>
      <Filters view={view} rules={options} search={search} onChange={look} />
      {selection.marked.size > 0 && mayDecide && (
        <Bulk
          count={selection.marked.size}
          verdicts={kinds.size === 1 && kind ? verdictsOf(kind) : []}
          isBusy={work.isBusy}
          onAssign={() => work.assign(me)}
          onGiveBack={() => work.assign('')}
          onMove={work.moveTo}
          onDecide={(verdict) => work.decideAll(() => verdict)}
          onClear={selection.clear}
        />
      )}
      {loading.error !== null && <ProblemNote error={loading.error} onRetry={again} />}
      {loading.isOver && loading.error === null && shelf.ids.length === 0 ? (
        <EmptyState
          text={t(text ? 'none_here' : 'none')}
          action={text && <Button onClick={() => setQuery({})}>{t('show_all')}</Button>}
        />
      ) : (
        <div className={styles.split}>
          <List
            ids={shelf.ids}
            rows={rows}
            at={cursor.at}
            selection={selection}
            titleOf={words.titleOf}
            onPoint={cursor.move}
          />
          {current && !isNarrow && (
            <Preview
              row={current}
              words={words}
              mayDecide={mayDecide}
              onDecide={(verdict) => work.decideAll(() => verdict)}
              onOpen={() => work.open()}
            />
          )}
        </div>
      )}
      <UndoBar onFailure={fail} />
      <Help isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
