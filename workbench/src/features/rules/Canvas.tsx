// All rules on one canvas; a click shows what hangs together, a rule or playbook opens.
import '@xyflow/react/dist/style.css';

import { Background, Controls, Handle, Position, ReactFlow, type NodeProps } from '@xyflow/react';
import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router';

import { api } from '@api/client';
import { useScheme } from '@app/theme';
import { said, useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { nameOf, useCatalogue } from './catalogue';
import { flowOf, LAYERS, reachedFrom, type Place } from './flow';
import styles from './rules.module.css';

const COLUMN = 260;
const ROW = 58;
type Shown = Record<string, unknown> & { place: Place; label: string; count: string; dim: boolean };

export default function Canvas() {
  const { t, language } = useWords('rules');
  const { scheme } = useScheme();
  const go = useNavigate();
  const rules = useQuery(api.queryOptions('get', '/api/v1/rulebook'));
  const playbooks = useQuery(api.queryOptions('get', '/api/v1/playbooks'));
  const heard = useQuery(api.queryOptions('get', '/api/v1/channels'));
  const catalogue = useCatalogue();
  const [chosen, setChosen] = useState<string | null>(null);
  const flow = useMemo(
    () =>
      rules.data && catalogue.data && playbooks.data
        ? flowOf(rules.data.items, catalogue.data, playbooks.data.items)
        : null,
    [rules.data, catalogue.data, playbooks.data],
  );
  const drawn = useMemo(() => {
    if (!flow) return null;
    const lit = chosen ? reachedFrom(flow, chosen) : null;
    const operands = new Map((catalogue.data?.operands ?? []).map((one) => [one.name, one]));
    const titles = new Map(rules.data?.items.map((one) => [one.id, said(one.title, language)]));
    const plans = new Map(playbooks.data?.items.map((one) => [one.id, said(one.title, language)]));
    const channels = new Map(heard.data?.items.map((one) => [one.name, one.title]));
    const facts = new Map<string, string>(
      catalogue.data?.entities.map((one) => [one.name, said(one.title, language)]),
    );
    const label = ({ layer, name }: Place) => {
      if (layer === 'rules') return titles.get(name) ?? name;
      if (layer === 'playbook') return plans.get(name) ?? name;
      if (layer === 'features') return nameOf(operands, name, language);
      if (layer === 'severity') return t(`app:severity.${name}`);
      if (layer === 'listen') return channels.get(name) ?? name;
      return facts.get(name) ?? t(`canvas.fact.${name}`, { defaultValue: name });
    };
    return {
      nodes: flow.places.map((place) => ({
        id: place.id,
        type: 'place',
        position: { x: LAYERS.indexOf(place.layer) * COLUMN, y: place.row * ROW },
        data: {
          place,
          label: label(place),
          count: place.count === null ? '' : t('canvas.hits', { n: place.count.toLocaleString() }),
          dim: lit !== null && !lit.has(place.id),
        } satisfies Shown,
      })),
      edges: flow.lines.map(({ from, to }) => ({
        id: `${from}>${to}`,
        source: from,
        target: to,
        style: {
          stroke: lit?.has(from) && lit.has(to) ? 'var(--og-accent)' : 'var(--og-line)',
          opacity: lit && !(lit.has(from) && lit.has(to)) ? 0.15 : 1,
        },
      })),
    };
  }, [flow, chosen, catalogue.data, rules.data, playbooks.data, heard.data, language, t]);
  const error = rules.error ?? playbooks.error ?? catalogue.error;
  if (error) return <ProblemNote error={error} />;
  if (!drawn) return <Skeleton active />;
  const open = (place: Place) => {
    if (place.layer === 'rules') void go(`/rules/${place.name}`);
    if (place.layer === 'playbook') void go(`/playbooks?id=${place.name}`);
  };
  return (
    <>
      <div className={styles.bar}>
        <Link to="/rules">{t('title')}</Link>
        <h1 className={styles.name}>{t('canvas.title')}</h1>
        <span className="og-note">{t('canvas.note')}</span>
      </div>
      <div className={styles.canvas}>
        <ReactFlow
          nodes={drawn.nodes}
          edges={drawn.edges}
          nodeTypes={NODES}
          colorMode={scheme}
          nodesDraggable={false}
          nodesConnectable={false}
          defaultViewport={{ x: 24, y: 24, zoom: 0.8 }}
          minZoom={0.15}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_, node) => setChosen(node.id === chosen ? null : node.id)}
          onNodeDoubleClick={(_, node) => open(node.data.place)}
          onPaneClick={() => setChosen(null)}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
    </>
  );
}

function PlaceNode({ data }: NodeProps) {
  const { t } = useWords('rules');
  const { place, label, count, dim } = data as Shown;
  const link = { rules: `/rules/${place.name}`, playbook: `/playbooks?id=${place.name}` };
  const to = place.layer in link ? link[place.layer as keyof typeof link] : null;
  return (
    <div className={styles.node} data-layer={place.layer} data-dim={dim} title={place.name}>
      <Handle type="target" position={Position.Left} className={styles.handle ?? ''} />
      <span className={styles.layer}>{t(`canvas.layer.${place.layer}`)}</span>
      {to ? <Link to={to}>{label}</Link> : <span>{label}</span>}
      {count && <span className={styles.count}>{count}</span>}
      <Handle type="source" position={Position.Right} className={styles.handle ?? ''} />
    </div>
  );
}

const NODES = { place: PlaceNode };
