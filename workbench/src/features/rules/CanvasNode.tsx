// A place on the canvas, with what it counts; lines are dragged from its right end to a left one.
import { Handle, Position, type NodeProps } from '@xyflow/react';

import { useHealth } from '@app/stream/line';
import { useWords } from '@app/words';
import styles from './canvas.module.css';
import { CanvasLink } from './CanvasLink';
import type { Place } from './flow';

export type Shown = Record<string, unknown> & {
  place: Place;
  label: string;
  isDim: boolean;
  /** Whether a line may begin, or end, here. */
  begins: boolean;
  ends: boolean;
};

export function CanvasNode({ data }: NodeProps) {
  const { t } = useWords('rules');
  const { place, label, isDim, begins, ends } = data as Shown;
  const to = { rules: `/rules/${place.name}`, playbook: `/playbooks?id=${place.name}` };
  const opens = place.layer in to ? to[place.layer as keyof typeof to] : null;
  const grip = (isOpen: boolean) => ({
    className: styles.handle ?? '',
    isConnectable: isOpen,
    'data-open': isOpen,
  });
  return (
    <div className={styles.node} data-layer={place.layer} data-dim={isDim} title={place.name}>
      <Handle type="target" position={Position.Left} {...grip(ends)} />
      <span className={styles.head}>
        <span>{t(`canvas.layer.${place.layer}`)}</span>
        {place.layer === 'listen' ? (
          <Heard channel={place.name} />
        ) : (
          place.count !== null && (
            <span className="og-number">
              {t(`canvas.count.${place.layer}`, {
                n: place.count.toLocaleString(),
                count: place.count,
              })}
            </span>
          )
        )}
      </span>
      {opens ? (
        <CanvasLink className={styles.label} to={opens}>
          {label}
        </CanvasLink>
      ) : (
        <span className={styles.label}>{label}</span>
      )}
      <Handle type="source" position={Position.Right} {...grip(begins)} />
    </div>
  );
}

/** The orders of the last hour, by the second. */
function Heard({ channel }: { channel: string }) {
  const { t } = useWords('rules');
  const shops = useHealth()?.shops.filter((one) => one.channel === channel) ?? [];
  if (shops.length === 0) return null;
  const orders = shops.flatMap((one) => one.orders_per_minute).reduce((sum, n) => sum + n, 0);
  return (
    <span className="og-number">{t('canvas.count.listen', { n: orders.toLocaleString() })}</span>
  );
}
