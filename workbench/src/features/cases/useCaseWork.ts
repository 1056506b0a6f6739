// What a person does on the page of a case, by its buttons and by keys.
import { App } from 'antd';
import type { TextAreaRef } from 'antd/es/input/TextArea';
import { useCallback, useEffect, useState, type RefObject } from 'react';
import { useNavigate, useSearchParams } from 'react-router';

import { useMay, useSession } from '@app/session';
import { useKeys } from '@app/useKeys';
import {
  change,
  decide,
  listenToUndone,
  takeNext,
  undo,
  verdictsOf,
  type Change,
  type Verdict,
} from '@app/work/deeds';
import { addressOfList, dropFromQueue, nextInQueue } from '@app/work/queue';
import { useWords } from '@app/words';

import type { CaseDetail } from './useCase';

interface Given {
  caseId: string;
  one: CaseDetail | undefined;
  field: RefObject<TextAreaRef | null>;
  refresh: () => Promise<void>;
}

export function useCaseWork({ caseId, one, field, refresh }: Given) {
  const { t } = useWords('cases');
  const { message } = App.useApp();
  const { name: me, role } = useSession();
  const mayDecide = useMay('decide_cases');
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const [isBusy, setBusy] = useState(false);
  const [isOver, setOver] = useState(false);
  const isOpen = one?.status === 'open' || one?.status === 'waiting';

  const fail = useCallback(
    (error: unknown) => {
      void message.error(error instanceof Error ? error.message : t('app:problem.title'));
    },
    [message, t],
  );
  const goTo = (next: string) => void navigate(`/cases/${encodeURIComponent(next)}`);
  const run = (work: () => Promise<void>) => {
    if (isBusy || !mayDecide || !isOpen) return;
    setBusy(true);
    work()
      .catch(fail)
      .finally(() => setBusy(false))
      .catch(() => undefined);
  };
  const found = (verdict: Verdict | undefined) =>
    run(async () => {
      if (!verdict) return;
      const queued = nextInQueue(caseId);
      await decide(new Map([[caseId, verdict]]));
      await refresh();
      const next = queued ?? (await takeNext(role));
      dropFromQueue([caseId]);
      if (next) goTo(next);
      else setOver(true);
    });
  const alter = (next: Change) =>
    run(async () => {
      await change([caseId], next, () => ({
        ...('assignee' in next ? { assignee: one?.assignee ?? '' } : {}),
        ...(next.inbox && one ? { inbox: one.inbox } : {}),
        ...(next.status ? { status: one?.status === 'waiting' ? 'waiting' : 'open' } : {}),
      }));
      await refresh();
    });

  useEffect(
    () =>
      listenToUndone((ids) => {
        // What was taken back is looked at again.
        const [back] = ids;
        setOver(false);
        if (ids.includes(caseId)) void refresh();
        else if (back) void navigate(`/cases/${encodeURIComponent(back)}`);
      }),
    [caseId, refresh, navigate],
  );
  const isThere = one !== undefined;
  useEffect(() => {
    if (isThere && query.get('comment') === '1') field.current?.focus();
  }, [field, isThere, query]);
  useKeys({
    e: (event) => !event.repeat && one && found(verdictsOf(one.kind)[0]),
    h: (event) => !event.repeat && one && found(verdictsOf(one.kind)[1]),
    a: () => alter({ assignee: me }),
    c: () => field.current?.focus(),
    u: () => void undo().catch(fail),
    j: () => {
      const next = nextInQueue(caseId);
      if (next) goTo(next);
    },
    k: () => void navigate(-1),
    Escape: () => void navigate(addressOfList()),
  });
  return { isBusy, isOver, found, alter, fail };
}
