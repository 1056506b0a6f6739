// The chosen place: what it hangs together with, and the same rewiring by lists instead of lines.
import { CloseOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useState } from 'react';

import type { Schemas } from '@api/client';
import { useMay } from '@app/session';
import { useWords } from '@app/words';
import { Panel } from '@components/Panel';
import styles from './canvas.module.css';
import { CanvasLink } from './CanvasLink';
import type { CanvasView } from './canvasView';
import { asAnother, ownOf, valuesOf, type Flow, type Place } from './flow';
import { RewireRule } from './RewireRule';
import { ValueSelect } from './ValueSelect';

export interface About {
  place: Place;
  flow: Flow;
  rows: readonly Schemas['Row'][];
  operands: readonly Schemas['Operand'][];
  playbooks: readonly Schemas['Playbook'][];
  labelOf: (place: Pick<Place, 'layer' | 'name'>) => string;
  canvas: CanvasView;
}

export function CanvasPanel(about: About) {
  const { t } = useWords('rules');
  const mayChange = useMay('change_rules');
  const { place, rows, playbooks, labelOf, canvas } = about;
  const row = place.layer === 'rules' ? rows.find((one) => one.id === place.name) : undefined;
  const playbook =
    place.layer === 'playbook' ? playbooks.find((one) => one.id === place.name) : undefined;
  const isValue = place.layer === 'features' || place.layer === 'facts';
  return (
    <Panel
      className={styles.panel}
      title={labelOf(place)}
      note={t(`canvas.layer.${place.layer}`)}
      extra={
        <Button
          size="small"
          type="text"
          aria-label={t('canvas.close')}
          icon={<CloseOutlined />}
          onClick={() => canvas.choose(null)}
        />
      }
    >
      {row && <RewireRule {...about} row={row} />}
      {isValue && mayChange && <AddToRule {...about} />}
      {place.layer === 'severity' && <Answered {...about} />}
      {playbook && <Steps playbook={playbook} />}
      <Neighbours {...about} side="from" />
      <Neighbours {...about} side="to" />
    </Panel>
  );
}

/** A value becomes a condition of a rule. */
function AddToRule({ place, rows, operands, canvas, labelOf }: About) {
  const { t } = useWords('rules');
  const values = valuesOf(place, operands);
  const [name, setName] = useState(values.length === 1 ? values[0] : undefined);
  const [rule, setRule] = useState<string>();
  if (values.length === 0) return null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (name && rule) canvas.open(`/rules/${rule}?add=${name}`);
      }}
    >
      {values.length > 1 && (
        <ValueSelect
          label={t('canvas.value')}
          values={values}
          operands={operands}
          value={name}
          onChange={setName}
        />
      )}
      <Select
        aria-label={t('canvas.add_to')}
        placeholder={t('canvas.add_to')}
        showSearch={{ optionFilterProp: 'label' }}
        value={rule}
        options={rows.map((one) => ({
          value: one.id,
          label: labelOf({ layer: 'rules', name: one.id }),
        }))}
        onChange={setRule}
      />
      <Button htmlType="submit" disabled={!name || !rule}>
        {t('canvas.add_button')}
      </Button>
    </form>
  );
}

/** By which playbook a severity is answered; who may change it takes over another one's steps. */
function Answered({ place, playbooks, canvas, labelOf }: About) {
  const { t } = useWords('rules');
  const mayChange = useMay('change_rules');
  const [as, setAs] = useState<string>();
  const own = ownOf(playbooks, place.name);
  if (!own) return <p className="og-note">{t('canvas.unanswered')}</p>;
  if (!mayChange) return null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (as) canvas.open(asAnother(own.id, as));
      }}
    >
      <Select
        aria-label={t('canvas.as')}
        placeholder={t('canvas.as')}
        value={as}
        options={playbooks
          .filter((one) => one.severity !== null && one.id !== own.id)
          .map((one) => ({ value: one.id, label: labelOf({ layer: 'playbook', name: one.id }) }))}
        onChange={setAs}
      />
      <Button htmlType="submit" disabled={!as}>
        {t('canvas.as_button')}
      </Button>
      <span className="og-note">{t('canvas.as_note')}</span>
    </form>
  );
}

function Steps({ playbook }: { playbook: Schemas['Playbook'] }) {
  const { t } = useWords('rules');
  const to = `/playbooks?id=${playbook.id}`;
  return (
    <>
      <CanvasLink to={to}>{t('canvas.open_playbook')}</CanvasLink>
      {playbook.draft_by && (
        <p className="og-note">{t('bar.draft_by', { name: playbook.draft_by })}</p>
      )}
      <h3 className={styles.side}>{t('canvas.steps')}</h3>
      <ol className={styles.steps}>
        {playbook.steps.map((one) => (
          <li key={one.step}>
            <CanvasLink to={`${to}&step=${encodeURIComponent(one.step)}`}>{one.step}</CanvasLink>
          </li>
        ))}
      </ol>
    </>
  );
}

/** The places a line comes from or leads to; each may be chosen. */
function Neighbours({ place, flow, labelOf, canvas, side }: About & { side: 'from' | 'to' }) {
  const { t } = useWords('rules');
  const here = side === 'from' ? 'to' : 'from';
  const lines = flow.lines.filter((one) => one[here] === place.id);
  if (lines.length === 0) return null;
  const placeOf = new Map(flow.places.map((one) => [one.id, one]));
  return (
    <>
      <h3 className={styles.side}>{t(`canvas.${side}`)}</h3>
      <ul className={styles.neighbours}>
        {lines.map((line) => {
          const other = placeOf.get(line[side]);
          return (
            other && (
              <li key={other.id}>
                <Button type="link" size="small" onClick={() => canvas.choose(other.id)}>
                  {labelOf(other)}
                </Button>
                {line.isDraft && <span className="og-note">{t('canvas.in_draft')}</span>}
              </li>
            )
          );
        })}
      </ul>
    </>
  );
}
