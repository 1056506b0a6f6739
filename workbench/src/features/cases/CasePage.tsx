// One case: why it is one, whom it concerns, what was done, and the decision. Then the next.
import { Button, Result, Skeleton } from 'antd';
import type { TextAreaRef } from 'antd/es/input/TextArea';
import { lazy, Suspense, useRef } from 'react';
import { useNavigate } from 'react-router';

import { api } from '@api/client';
import { useMay, useSession } from '@app/session';
import { addressOfList, leftInQueue } from '@app/work/queue';
import { useRules } from '@app/work/rules';
import { UndoBar } from '@app/work/UndoBar';
import { useWords } from '@app/words';
import { Hits } from '@components/Hits';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { Steps } from '@components/Steps';
import { Timeline } from '@components/Timeline';

import styles from './cases.module.css';
import { Comments } from './Comments';
import { Decide } from './Decide';
import { Head } from './Head';
import { Orders } from './Orders';
import { Proposals } from './Proposals';
import { useCase } from './useCase';
import { useCaseWork } from './useCaseWork';
import { Verify } from './Verify';

const Graph = lazy(() => import('./Graph'));
const ALERTS_MAX = 10;

/** A number for a plural's form and for its text. */
const counted = (n: number) => ({ count: n, n });

export function CasePage({ caseId }: { caseId: string }) {
  const { t } = useWords('cases');
  const { name: me } = useSession();
  const [mayDecide, mayApprove] = [useMay('decide_cases'), useMay('change_lists')];
  const navigate = useNavigate();
  const words = useRules();
  const { detail, scene, refresh } = useCase(caseId);
  const field = useRef<TextAreaRef>(null);
  const one = detail.data;
  const isOpen = one?.status === 'open' || one?.status === 'waiting';
  const { isBusy, isOver, found, alter, fail } = useCaseWork({ caseId, one, field, refresh });
  const approve = api.useMutation('post', '/api/v1/alerts/{alert_id}/steps/{step}/approve', {
    onSuccess: () => void refresh(),
    onError: fail,
  });

  if (detail.error)
    return <ProblemNote error={detail.error} onRetry={() => void detail.refetch()} />;
  if (!one) return <Skeleton active />;
  if (isOver) {
    return (
      <>
        <Result
          status="success"
          title={t('over.title')}
          subTitle={t('over.text')}
          extra={<Button onClick={() => void navigate(addressOfList())}>{t('back')}</Button>}
        />
        <UndoBar onFailure={fail} />
      </>
    );
  }
  return (
    <div className={styles.page} data-case={caseId}>
      <Head
        one={one}
        me={me}
        left={leftInQueue(caseId)}
        mayDecide={mayDecide}
        titleOf={words.titleOf}
        onChange={alter}
      />
      <div className={styles.main}>
        <Panel title={t('why')} note={t('alerts', counted(one.alerts.length))}>
          {one.alerts
            .toReversed()
            .slice(0, ALERTS_MAX)
            .map((alert) => (
              <Hits key={alert.alert_id} alert={alert} {...words} />
            ))}
        </Panel>
        <Panel title={t('orders')} note={t('order_count', counted(one.orders.length))}>
          {scene.error && <ProblemNote error={scene.error} onRetry={() => void scene.refetch()} />}
          {scene.data ? <Orders orders={scene.data.orders} caseId={caseId} /> : <Skeleton active />}
        </Panel>
        <Panel title={t('links.title')}>
          {scene.data && (
            <Suspense fallback={<Skeleton active />}>
              <Graph orders={scene.data.orders} profiles={one.profiles} />
            </Suspense>
          )}
        </Panel>
        <Panel title={t('timeline')}>
          {scene.data && (
            <Timeline
              titleOf={words.titleOf}
              items={scene.data.timeline.map(({ order_ids, entry }) => ({
                entry,
                orderIds: one.orders.length > 1 ? order_ids : [],
              }))}
            />
          )}
        </Panel>
      </div>
      <div className={styles.side}>
        <Panel title={t('decision')} className={styles.decision}>
          <Decide one={one} mayDecide={mayDecide} isBusy={isBusy} onDecide={found} />
        </Panel>
        {one.proposals.length > 0 && (
          <Panel title={t('proposal.title')}>
            <Proposals one={one} onDone={() => void refresh()} />
          </Panel>
        )}
        {one.kind === 'risk' && mayDecide && one.orders.length > 0 && (
          <Panel title={t('verify.title')}>
            <Verify one={one} isOpen={isOpen} onChecked={() => void refresh()} />
          </Panel>
        )}
        <Panel title={t('actions')}>
          {scene.data && (
            <Steps
              responses={scene.data.responses}
              onApprove={
                mayApprove
                  ? (alert_id, step) => approve.mutate({ params: { path: { alert_id, step } } })
                  : undefined
              }
            />
          )}
        </Panel>
        <Panel title={t('comments')}>
          <Comments
            one={one}
            isOpen={isOpen && mayDecide}
            field={field}
            onSaid={() => void refresh()}
          />
        </Panel>
      </div>
      <UndoBar onFailure={fail} />
    </div>
  );
}
