import { Alert, Button } from 'antd';

import { useWords } from '@app/words';

interface Props {
  /** What was caught: a refusal of the server has `status` and `detail`. */
  error: unknown;
  onRetry?: () => void;
}

const WORDS: Record<number, string> = {
  0: 'unreachable.text',
  403: 'problem.forbidden',
  404: 'problem.not_found',
  503: 'problem.starting',
};

/** Says what went wrong and what to do: the server's own words, for they name the cause. */
export function ProblemNote({ error, onRetry }: Props) {
  const { t } = useWords('app');
  const { status, detail } = (error ?? {}) as { status?: number; detail?: string };
  const word = status === undefined ? undefined : WORDS[status];
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={word ? t(word) : t('problem.title')}
      description={detail ?? (error instanceof Error ? error.message : undefined)}
      action={onRetry && <Button onClick={onRetry}>{t('try_again')}</Button>}
    />
  );
}
