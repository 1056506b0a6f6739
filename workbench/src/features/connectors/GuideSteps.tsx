import { Checkbox } from 'antd';
import { useState } from 'react';

import { useWords } from '@app/words';

import styles from './connectors.module.css';
import { isDoneHere, piecesOf, readGuide, type Block } from './guide';

const KEPT_AS = 'orderguard.guide.';

interface Props {
  markdown: string;
  /** What the ticks are kept under. */
  place: string;
  shop?: { name: string; url: string };
}

/** The platform's steps as a check list; what is ticked is kept in this browser. */
export function GuideSteps({ markdown, place, shop }: Props) {
  const { t, language } = useWords('connectors');
  const [done, setDone] = useState<readonly number[]>(() => kept(place));
  const guide = readGuide(markdown, shop);
  const tick = (step: number, isDone: boolean) => {
    const next = isDone ? [...done, step] : done.filter((one) => one !== step);
    localStorage.setItem(KEPT_AS + place, JSON.stringify(next));
    setDone(next);
  };
  return (
    <div className={styles.guide}>
      {language === 'zh' && <p className="og-note">{t('guide.language')}</p>}
      <ol>
        {guide.steps.map((blocks, step) => (
          <li key={step} data-done={done.includes(step)}>
            <Checkbox
              checked={done.includes(step)}
              aria-label={t('guide.step', { n: step + 1 })}
              onChange={(event) => tick(step, event.target.checked)}
            />
            <div>
              <Blocks blocks={blocks} />
            </div>
          </li>
        ))}
      </ol>
      <Blocks blocks={guide.notes} />
    </div>
  );
}

function Blocks({ blocks }: { blocks: readonly Block[] }) {
  const { t } = useWords('connectors');
  return blocks.map((block, place) => {
    if (block.kind === 'text') return <Text key={place} text={block.text} />;
    if (block.kind === 'table') return <Table key={place} rows={block.rows} />;
    if (isDoneHere(block.text))
      return (
        <p key={place} className={styles.here}>
          {t('guide.done_here')}
        </p>
      );
    return (
      <code key={place} className={`og-code ${styles.code}`}>
        {block.text}
      </code>
    );
  });
}

function Text({ text }: { text: string }) {
  return (
    <p>
      <Pieces text={text} />
    </p>
  );
}

function Pieces({ text }: { text: string }) {
  return piecesOf(text).map(({ kind, text: inner }, place) => {
    if (kind === 'code') return <code key={place}>{inner}</code>;
    if (kind === 'strong') return <strong key={place}>{inner}</strong>;
    return <span key={place}>{inner}</span>;
  });
}

function Table({ rows }: { rows: readonly string[][] }) {
  return (
    <table>
      <tbody>
        {rows.slice(1).map((row, place) => (
          <tr key={place}>
            {row.map((cell, column) => (
              <td key={column}>
                <Pieces text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function kept(place: string): number[] {
  const text = localStorage.getItem(KEPT_AS + place);
  return text ? (JSON.parse(text) as number[]) : [];
}
