// Playbooks: what is done at each severity, step by step, on a canvas.
import '@xyflow/react/dist/style.css';

import { Background, Handle, Position, ReactFlow, type NodeProps } from '@xyflow/react';
import { useQuery } from '@tanstack/react-query';
import { Menu, Skeleton } from 'antd';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';

import { api, type Schemas } from '@api/client';
import { useScheme } from '@app/theme';
import { spanOf } from '@app/times';
import { said, useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';
import { layout } from './layout';
import styles from './playbooks.module.css';

type Step = Schemas['PlaybookStep'];

export default function Playbooks() {
  const { t, language } = useWords('playbooks');
  const { scheme } = useScheme();
  const [view, setView] = useSearchParams();
  const { data, error, refetch } = useQuery(api.queryOptions('get', '/api/v1/playbooks'));
  const playbook = data?.items.find((one) => one.id === view.get('id')) ?? data?.items[0];
  const drawn = useMemo(
    () => (playbook ? layout(playbook.steps, (one) => t(`answer.${one}`)) : null),
    [playbook, t],
  );
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  if (!playbook || !drawn) return <EmptyState text={t('empty')} />;
  return (
    <div className={styles.columns}>
      <Menu
        className={styles.menu ?? ''}
        selectedKeys={[playbook.id]}
        onClick={({ key }) => setView({ id: key }, { replace: true })}
        items={data.items.map((one) => ({
          key: one.id,
          label: (
            <>
              {said(one.title, language)}{' '}
              <span className="og-note">
                {one.severity ? t(`app:severity.${one.severity}`) : t('mends')}
              </span>
            </>
          ),
        }))}
      />
      <Panel
        title={said(playbook.title, language)}
        note={
          playbook.holds_per_hour === null
            ? playbook.mends.join(' ')
            : t('holds', { n: playbook.holds_per_hour })
        }
      >
        <div className={styles.canvas}>
          <ReactFlow
            key={playbook.id}
            nodes={drawn.nodes}
            edges={drawn.edges}
            nodeTypes={NODES}
            colorMode={scheme}
            nodesDraggable={false}
            nodesConnectable={false}
            fitView
            fitViewOptions={{ maxZoom: 1 }}
            proOptions={{ hideAttribution: true }}
          >
            <Background />
          </ReactFlow>
        </div>
        <ol className={styles.steps}>
          {playbook.steps.map((step) => (
            <li key={step.step}>
              <StepWords step={step} />
            </li>
          ))}
        </ol>
      </Panel>
    </div>
  );
}

function StepWords({ step }: { step: Step }) {
  const { t } = useWords('playbooks');
  const span = (ms: number) => {
    const { key, n } = spanOf(ms);
    return t(`app:span.${key}`, { n });
  };
  const answers = (one: NonNullable<Step['on']>) =>
    `${one.step}: ${one.answers.map((answer) => t(`answer.${answer}`)).join(' / ')}`;
  const said = [
    step.after_ms > 0 && t('after', { span: span(step.after_ms) }),
    step.on && t('on', { answers: answers(step.on) }),
    step.unless && t('unless', { answers: answers(step.unless) }),
    step.only_if && t('only_if', { state: t(`state.${step.only_if}`) }),
    step.wait_ms > 0 && t('wait', { span: span(step.wait_ms) }),
    step.due_ms !== null && t('due', { span: span(step.due_ms) }),
    step.undoes && t('undoes', { step: step.undoes }),
  ].filter(Boolean);
  return (
    <>
      <strong>{step.step}</strong> {t(`action.${step.action}`, { defaultValue: step.action })}
      {said.length > 0 && <div className="og-note">{said.join(' · ')}</div>}
    </>
  );
}

function StepNode({ data }: NodeProps) {
  return (
    <div className={styles.node}>
      <Handle type="target" position={Position.Left} className={styles.handle ?? ''} />
      <StepWords step={(data as { step: Step }).step} />
      <Handle type="source" position={Position.Right} className={styles.handle ?? ''} />
    </div>
  );
}

const NODES = { step: StepNode };
