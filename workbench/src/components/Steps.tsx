// What was done about an alert, step by step, and what waits for a person's word.
import { Button } from 'antd';

import type { Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';

import { EmptyState } from './EmptyState';
import styles from './Steps.module.css';

interface Props {
  responses: readonly Schemas['Response'][];
  /** Missing: who looks may not. */
  onApprove?: ((alertId: string, step: string) => void) | undefined;
}

export function Steps({ responses, onApprove }: Props) {
  const { t, language } = useWords('app');
  if (responses.every(({ steps }) => steps.length === 0))
    return <EmptyState text={t('steps.none')} />;
  return (
    <ul className={styles.runs}>
      {responses.map((run) => (
        <li key={run.alert_id}>
          <p className="og-note">
            {t(`playbook.${run.playbook}`, { defaultValue: run.playbook })}
          </p>
          <ol className={styles.steps}>
            {run.steps.map((step) => (
              <li key={step.step} data-state={step.state}>
                <span className={styles.state}>{t(`step.${step.state}`)}</span>
                <span>{t(`action.${step.action}`, { defaultValue: step.action })}</span>
                <span className="og-note og-number">{momentOf(step.due_at, language)}</span>
                {step.stopped && <span className={styles.stopped}>{t('steps.stopped')}</span>}
                {answersOf((step as Partial<typeof step>).sent ?? []).map(([answer, one]) => (
                  <span key={answer} className="og-note" title={one.detail}>
                    {t(`answer.${answer}`, { defaultValue: answer })}
                    {one.times > 1 && ` × ${one.times}`}
                  </span>
                ))}
                {step.waits_for && onApprove && (
                  <Button size="small" onClick={() => onApprove(run.alert_id, step.step)}>
                    {t('steps.approve')}
                  </Button>
                )}
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}

/** Each answer once, with how often it came; that it is done the step's state says already. */
export function answersOf(sent: readonly { answer?: string | null; detail: string }[]) {
  const found = new Map<string, { times: number; detail: string }>();
  for (const { answer, detail } of sent) {
    if (!answer || answer === 'done') continue;
    found.set(answer, { times: (found.get(answer)?.times ?? 0) + 1, detail });
  }
  return [...found];
}
