// Orders and whom they share, as a picture, and as a table for who does not want one.
import { Background, Position, ReactFlow, type Edge, type Node } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { Segmented } from 'antd';
import { useMemo, useState } from 'react';

import type { Schemas } from '@api/client';
import { useWords } from '@app/words';
import { shownKey } from '@components/evidence';
import { EmptyState } from '@components/EmptyState';

import styles from './Graph.module.css';
import { LEFT, linksOf, placesOf, type Links } from './links';

interface Props {
  orders: readonly Schemas['OrderRow'][];
  profiles: readonly Schemas['Profile'][];
}

export default function Graph({ orders, profiles }: Props) {
  const { t } = useWords('cases');
  const [as, setAs] = useState<'picture' | 'table'>('picture');
  const links = useMemo(() => linksOf(orders, profiles), [orders, profiles]);
  if (links.entities.length === 0) return <EmptyState text={t('links.none')} />;
  return (
    <>
      <div className={styles.turn}>
        <Segmented
          size="small"
          aria-label={t('links.as')}
          value={as}
          onChange={setAs}
          options={(['picture', 'table'] as const).map((value) => ({
            value,
            label: t(`links.${value}`),
          }))}
        />
        {links.hidden > 0 && (
          <span className="og-note">{t('links.hidden', { n: links.hidden })}</span>
        )}
      </div>
      {as === 'picture' ? <Picture links={links} /> : <Rows links={links} />}
    </>
  );
}

function Picture({ links }: { links: Links }) {
  const { t } = useWords('cases');
  const { nodes, edges } = useMemo(() => drawn(links, t), [links, t]);
  const tallest = Math.max(links.orders.length, links.entities.length / 2);
  return (
    <div
      className={styles.picture}
      style={{ height: Math.min(460, 120 + tallest * 34) }}
      role="img"
      aria-label={t('links.said', { orders: links.orders.length, n: links.entities.length })}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1 }}
        minZoom={0.2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={22} color="var(--og-line)" />
      </ReactFlow>
    </div>
  );
}

type Say = (key: string, places?: Record<string, unknown>) => string;

function drawn(links: Links, t: Say): { nodes: Node[]; edges: Edge[] } {
  const entities = new Map(links.entities.map((one) => [one.id, one]));
  const nodes = placesOf(links).map(({ id, x, y }): Node => {
    const entity = entities.get(id);
    const label = entity ? (
      <>
        <span className={styles.kind}>{t(`app:entity.${entity.kind}`)}</span>
        {shownKey(entity.kind, entity.key)}
        {entity.orders.length > 1 && <b> ×{entity.orders.length}</b>}
      </>
    ) : (
      id.replace('order ', '')
    );
    const className = !entity ? styles.order : entity.bad > 0 ? styles.bad : styles.entity;
    return {
      id,
      position: { x, y },
      data: { label },
      className: className ?? '',
      width: 200,
      height: 34,
      sourcePosition: Position.Right,
      targetPosition: Position.Left,
    };
  });
  const edges = links.entities.flatMap((entity) =>
    entity.orders.map((order): Edge => {
      const ends = [entity.id, `order ${order}`] as const;
      const [source, target] = LEFT.has(entity.kind) ? ends : ([ends[1], ends[0]] as const);
      const stroke = entity.bad > 0 ? 'var(--og-critical)' : 'var(--og-ink-soft)';
      return {
        id: `${entity.id} ${order}`,
        source,
        target,
        style: { stroke, strokeWidth: entity.orders.length > 1 ? 1.6 : 1 },
      };
    }),
  );
  return { nodes, edges };
}

function Rows({ links }: { links: Links }) {
  const { t } = useWords('cases');
  return (
    <table className={styles.rows}>
      <thead>
        <tr>
          <th scope="col">{t('links.kind')}</th>
          <th scope="col">{t('links.key')}</th>
          <th scope="col">{t('links.orders')}</th>
          <th scope="col">{t('links.bad')}</th>
          <th scope="col">{t('links.good')}</th>
        </tr>
      </thead>
      <tbody>
        {links.entities.map((one) => (
          <tr key={one.id}>
            <td>{t(`app:entity.${one.kind}`)}</td>
            <td>{shownKey(one.kind, one.key)}</td>
            <td title={one.orders.join(', ')}>{one.orders.length}</td>
            <td>{one.bad}</td>
            <td>{one.good}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
