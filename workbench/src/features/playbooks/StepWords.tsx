// What a step says, in a few words.
import { spanOf } from '@app/times';
import { useWords } from '@app/words';
import type { Step } from './text';

export function StepWords({ step }: { step: Step }) {
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
