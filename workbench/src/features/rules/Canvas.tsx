// All rules on one canvas: a click shows what hangs together, and a dragged line rewires a rule.
import '@xyflow/react/dist/style.css';

import { Background, Controls, ReactFlow } from '@xyflow/react';
import type { Connection, Node, ReactFlowInstance } from '@xyflow/react';
import { useQuery } from '@tanstack/react-query';
import { Select, Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';

import { api } from '@api/client';
import { useMay } from '@app/session';
import { useScheme } from '@app/theme';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { CanvasNode, type Shown } from './CanvasNode';
import { CanvasPanel } from './CanvasPanel';
import styles from './canvas.module.css';
import { useCanvasView } from './canvasView';
import { useCatalogue } from './catalogue';
import { drawingOf, middleOf, startIn } from './drawing';
import { asAnother, flowOf, LAYERS, readId, rewiring, valuesOf } from './flow';
import { useLabelOf } from './useLabelOf';
import { useRulebook } from './useRulebook';

const NODES = { place: CanvasNode };
const GLIDE_MS = 250;

export default function Canvas() {
  const { t } = useWords('rules');
  const { scheme } = useScheme();
  const mayChange = useMay('change_rules');
  const canvas = useCanvasView();
  const { view, choose, open } = canvas;
  const { width, measure } = useWidth();
  const [pane, setPane] = useState<ReactFlowInstance<Node<Shown>> | null>(null);
  const rules = useRulebook();
  const playbooks = useQuery(api.queryOptions('get', '/api/v1/playbooks'));
  const catalogue = useCatalogue();
  const flow = useMemo(
    () =>
      rules.data && catalogue.data && playbooks.data
        ? flowOf(rules.data.items, catalogue.data, playbooks.data.items)
        : null,
    [rules.data, catalogue.data, playbooks.data],
  );
  const labelOf = useLabelOf(rules.data?.items, playbooks.data?.items, catalogue.data);
  const { at, to } = view;
  const drawn = useMemo(
    () =>
      flow &&
      drawingOf({
        flow,
        view: { at, to },
        mayChange,
        labelOf,
        layerOf: (place) => t(`canvas.layer.${place.layer}`),
      }),
    [flow, at, to, labelOf, mayChange, t],
  );
  const error = rules.error ?? playbooks.error ?? catalogue.error;
  if (error) return <ProblemNote error={error} />;
  if (!drawn || !flow) return <Skeleton active />;
  const rows = rules.data?.items ?? [];
  const asked = ({ source, target }: { source: string; target: string }) =>
    rewiring({ rows, playbooks: playbooks.data?.items ?? [] }, source, target);
  const rewire = (line: Connection) => {
    const found = asked(line);
    if (!found) return;
    const start = readId(line.source);
    const values = start ? valuesOf(start, catalogue.data?.operands ?? []) : [];
    if (found.kind === 'steps') open(asAnother(found.playbook, found.as));
    else if (found.kind === 'severity') choose(line.source, { to: found.severity });
    else if (values.length === 1) open(`/rules/${found.rule}?add=${values[0] ?? ''}`);
    else choose(line.target, { of: line.source });
  };
  /** Choose a place that may be out of sight. */
  const goTo: typeof choose = (id, more) => {
    choose(id, more);
    const found = flow.places.find((one) => one.id === id);
    if (found && pane) {
      const options = { zoom: Math.max(pane.getZoom(), 0.5), duration: GLIDE_MS };
      void pane.setCenter(...middleOf(found), options);
    }
  };
  const place = flow.places.find((one) => one.id === at);
  return (
    <>
      <div className={styles.bar}>
        <Link to="/rules">{t('title')}</Link>
        <h1 className={styles.title}>{t('canvas.title')}</h1>
        <span className="og-note">{t(mayChange ? 'canvas.note_change' : 'canvas.note')}</span>
        <span className="og-space" />
        <Select
          aria-label={t('canvas.go_to')}
          placeholder={t('canvas.go_to')}
          className={styles.find ?? ''}
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          value={place?.id ?? null}
          onChange={(id: string | undefined) => goTo(id ?? null)}
          options={LAYERS.map((layer) => ({
            label: t(`canvas.layer.${layer}`),
            options: flow.places
              .filter((one) => one.layer === layer)
              .map((one) => ({ value: one.id, label: labelOf(one) })),
          }))}
        />
      </div>
      <div className={styles.columns} data-open={place !== undefined}>
        <div className={styles.canvas} ref={measure}>
          {width > 0 && (
            <ReactFlow
              nodes={drawn.nodes}
              edges={drawn.edges}
              nodeTypes={NODES}
              colorMode={scheme}
              nodesDraggable={false}
              edgesFocusable={false}
              edgesReconnectable={false}
              deleteKeyCode={null}
              connectionRadius={40}
              isValidConnection={(line) => asked(line) !== null}
              onConnect={rewire}
              onReconnect={(_, line) => rewire(line)}
              onInit={setPane}
              defaultViewport={view.viewport ?? startIn(width)}
              onMoveEnd={(_, viewport) => canvas.moved(viewport)}
              minZoom={0.15}
              proOptions={{ hideAttribution: true }}
              onNodesChange={(changes) => {
                const taken = changes.find((one) => one.type === 'select' && one.selected);
                if (taken?.type === 'select') choose(taken.id);
              }}
              onNodeDoubleClick={(_, node) => {
                const { layer, name } = node.data.place;
                if (layer === 'rules') open(`/rules/${name}`);
                if (layer === 'playbook') open(`/playbooks?id=${name}`);
              }}
              onPaneClick={() => choose(null)}
            >
              <Background />
              <Controls showInteractive={false} position="bottom-right" />
            </ReactFlow>
          )}
        </div>
        {place && (
          <CanvasPanel
            key={`${place.id} ${view.to ?? ''} ${view.of ?? ''}`}
            place={place}
            flow={flow}
            rows={rows}
            operands={catalogue.data?.operands ?? []}
            playbooks={playbooks.data?.items ?? []}
            labelOf={labelOf}
            canvas={{ ...canvas, choose: goTo }}
          />
        )}
      </div>
    </>
  );
}

/** Of the canvas, in pixels, before it is drawn; 0 until then. */
function useWidth() {
  const [width, setWidth] = useState(0);
  const measure = (box: HTMLElement | null) =>
    setWidth((known) => known || (box?.clientWidth ?? 0));
  return { width, measure };
}
