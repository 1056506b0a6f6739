// The steps of a playbook, each to the right of what it waits for.
import '@xyflow/react/dist/style.css';

import { Background, Handle, Position, ReactFlow, type NodeProps } from '@xyflow/react';
import { useMemo } from 'react';

import { useScheme } from '@app/theme';
import { useWords } from '@app/words';
import { layout } from './layout';
import { StepWords } from './StepWords';
import type { Step } from './text';
import styles from './playbooks.module.css';

interface Props {
  steps: readonly Step[];
  chosen?: string | undefined;
  onChoose?: (step: string) => void;
  /** Told of a line drawn from one step to another. */
  onJoin?: (from: string, to: string) => void;
}

export function Canvas({ steps, chosen, onChoose, onJoin }: Props) {
  const { scheme } = useScheme();
  const { t } = useWords('playbooks');
  const { nodes, edges } = useMemo(
    () => layout(steps, (answer) => t(`answer.${answer}`)),
    [steps, t],
  );
  return (
    <div className={styles.canvas} data-editing={onJoin !== undefined}>
      <ReactFlow
        nodes={nodes.map((node) => ({ ...node, selected: node.id === chosen }))}
        edges={edges}
        nodeTypes={NODES}
        colorMode={scheme}
        nodesDraggable={false}
        nodesConnectable={onJoin !== undefined}
        fitView
        fitViewOptions={{ maxZoom: 1 }}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => onChoose?.(node.id)}
        onConnect={({ source, target }) => onJoin?.(source, target)}
      >
        <Background />
      </ReactFlow>
    </div>
  );
}

function StepNode({ data, selected }: NodeProps) {
  return (
    <div className={styles.node} data-chosen={selected}>
      <Handle type="target" position={Position.Left} className={styles.handle ?? ''} />
      <StepWords step={(data as { step: Step }).step} />
      <Handle type="source" position={Position.Right} className={styles.handle ?? ''} />
    </div>
  );
}

const NODES = { step: StepNode };
