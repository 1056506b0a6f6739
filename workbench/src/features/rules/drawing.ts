// The flow as the canvas draws it: where places stand, what is lit, which ends may be dragged.
import type { Edge, Node, Viewport } from '@xyflow/react';

import type { Shown } from './CanvasNode';
import styles from './canvas.module.css';
import type { View } from './canvasView';
import { idOf, LAYERS, reachedFrom, type Flow, type Layer, type Place } from './flow';

/** Of a place on the canvas. */
const WIDTH = 210;
const HEIGHT = 42;
const COLUMN = 252;
const ROW = 58;

export interface Drawn {
  flow: Flow;
  view: Pick<View, 'at' | 'to'>;
  mayChange: boolean;
  labelOf: (place: Place) => string;
  layerOf: (place: Place) => string;
}

/** Where new lines begin and end; one from a severity too that has a playbook. */
const BEGINS: readonly Layer[] = ['rules', 'features', 'facts'];
const ENDS: readonly Layer[] = ['rules', 'severity', 'playbook'];
const WHOLE = (LAYERS.length - 1) * COLUMN + WIDTH;
const MARGIN = 20;
const ZOOM_MIN = 0.6;

/** From where the canvas is looked at first: all columns of it, where they can still be read. */
export function startIn(width: number): Viewport {
  const zoom = Math.min(1, Math.max(ZOOM_MIN, (width - 2 * MARGIN) / WHOLE));
  return { x: Math.max(MARGIN, (width - WHOLE * zoom) / 2), y: MARGIN, zoom };
}

const positionOf = ({ layer, row }: Place) => ({
  x: LAYERS.indexOf(layer) * COLUMN,
  y: row * ROW,
});

export function middleOf(place: Place): [number, number] {
  const { x, y } = positionOf(place);
  return [x + WIDTH / 2, y + HEIGHT / 2];
}

export function drawingOf(drawn: Drawn): { nodes: Node<Shown>[]; edges: Edge[] } {
  const { flow, view, mayChange, labelOf, layerOf } = drawn;
  const { at, to } = view;
  const lit = at ? reachedFrom(flow, at) : null;
  const pending = at && to ? idOf('severity', to) : null;
  const leads = new Set(
    flow.lines.filter((one) => one.to.startsWith('playbook:')).map((one) => one.from),
  );
  const isThere = flow.lines.some((one) => one.from === at && one.to === pending);
  const lines =
    at && pending && !isThere
      ? [...flow.lines, { from: at, to: pending, isDraft: true }]
      : flow.lines;
  return {
    nodes: flow.places.map((place) => ({
      id: place.id,
      type: 'place',
      position: positionOf(place),
      selected: place.id === at,
      ariaLabel: `${layerOf(place)} ${labelOf(place)}`,
      data: {
        place,
        label: labelOf(place),
        isDim: lit !== null && !lit.has(place.id) && place.id !== pending,
        begins: mayChange && (BEGINS.includes(place.layer) || leads.has(place.id)),
        ends: mayChange && ENDS.includes(place.layer),
      },
    })),
    edges: lines.map(({ from, to: end, isDraft }) => {
      const isLit = lit?.has(from) === true && (lit.has(end) || end === pending);
      const isOwn = mayChange && from === at && end.startsWith('severity:');
      return {
        id: `${from}>${end}`,
        source: from,
        target: end,
        // Many lines end at one severity: the one that can be dragged is the chosen rule's.
        reconnectable: isOwn ? 'target' : false,
        zIndex: isLit ? 1 : 0,
        ...(isDraft && { className: styles.draft ?? '' }),
        style: {
          stroke: isLit ? 'var(--og-accent)' : 'var(--og-ink-soft)',
          strokeWidth: isLit || isDraft ? 1.5 : 1,
          opacity: isLit ? 1 : lit ? 0.1 : isDraft ? 0.8 : 0.35,
        },
      };
    }),
  };
}
