// The second identity check: questions with their answers, a code by SMS, or a call by a script.
import { CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Segmented, Skeleton, Tabs } from 'antd';
import { useState } from 'react';

import { api, type Schemas } from '@api/client';
import { momentOf } from '@app/times';
import { useWords } from '@app/words';
import { payText } from '@components/evidence';
import { ProblemNote } from '@components/ProblemNote';

import styles from './cases.module.css';
import type { CaseDetail } from './useCase';

type Kind = Schemas['CheckKind'];
type Answer = 'right' | 'wrong' | 'unasked';

interface Props {
  one: CaseDetail;
  isOpen: boolean;
  onChecked: () => void;
}

export function Verify({ one, isOpen, onChecked }: Props) {
  const { t } = useWords('cases');
  const params = { path: { case_id: one.case_id } };
  const { data, error } = useQuery({
    ...api.queryOptions('get', '/api/v1/cases/{case_id}/verification', { params }),
    meta: { isFed: true },
    staleTime: Infinity,
  });
  const check = api.useMutation('post', '/api/v1/cases/{case_id}/checks', {
    onSuccess: onChecked,
  });
  const record = (kind: Kind, has_passed: boolean, detail = '') =>
    check.mutate({ params, body: { kind, has_passed, detail } });
  if (error) return <ProblemNote error={error} />;
  if (!data) return <Skeleton active />;
  const kinds: { key: Kind; children: React.ReactNode }[] = [
    {
      key: 'questions',
      children: <Questions asked={data.questions} isOpen={isOpen} onDone={record} />,
    },
    { key: 'sms_code', children: <Result kind="sms_code" isOpen={isOpen} onDone={record} /> },
    {
      key: 'call',
      children: (
        <>
          <Script script={data.script} />
          <Result kind="call" isOpen={isOpen} onDone={record} />
        </>
      ),
    },
  ];
  return (
    <>
      <p className={`og-note ${styles.asked}`}>{t('verify.order', { id: data.order.order_id })}</p>
      <Tabs
        size="small"
        items={kinds.map((kind) => ({ ...kind, label: t(`verify.${kind.key}`) }))}
      />
      {check.error && <ProblemNote error={check.error} />}
      <Checks checks={one.checks} />
    </>
  );
}

interface Asking {
  isOpen: boolean;
  onDone: (kind: Kind, hasPassed: boolean, detail?: string) => void;
}

function Questions({ asked, isOpen, onDone }: Asking & { asked: Schemas['Question'][] }) {
  const { t, language } = useWords('cases');
  const [answers, setAnswers] = useState<Record<number, Answer>>({});
  const all = asked.map((_, place) => answers[place] ?? 'unasked');
  const right = all.filter((one) => one === 'right').length;
  const wrong = all.filter((one) => one === 'wrong').length;
  const detail = t('verify.count', { right, n: right + wrong });
  return (
    <>
      <ol className={styles.questions}>
        {asked.map((question, place) => (
          <li key={question.zh}>
            <span>{question[language]}</span>
            <strong className="og-number">{payText(question.answer, t)}</strong>
            {isOpen && (
              <Segmented<Answer>
                size="small"
                aria-label={question[language]}
                value={answers[place] ?? 'unasked'}
                onChange={(answer) => setAnswers({ ...answers, [place]: answer })}
                options={(['unasked', 'right', 'wrong'] as const).map((value) => ({
                  value,
                  label: t(`verify.${value}`),
                }))}
              />
            )}
          </li>
        ))}
      </ol>
      {isOpen && (
        <div className={styles.results}>
          <Button
            icon={<CheckOutlined />}
            disabled={right === 0 || wrong > 0}
            onClick={() => onDone('questions', true, detail)}
          >
            {t('verify.passed')}
          </Button>
          <Button
            icon={<CloseOutlined />}
            disabled={wrong === 0}
            onClick={() => onDone('questions', false, detail)}
          >
            {t('verify.failed')}
          </Button>
          <span className="og-note og-number">{detail}</span>
        </div>
      )}
    </>
  );
}

function Script({ script }: { script: Schemas['CallScript'] }) {
  const { language } = useWords('cases');
  return (
    <ol className={styles.script}>
      {script[language].map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ol>
  );
}

function Result({ kind, isOpen, onDone }: Asking & { kind: 'sms_code' | 'call' }) {
  const { t } = useWords('cases');
  return (
    <>
      {kind === 'sms_code' && <p>{t('verify.sms_text')}</p>}
      {isOpen && (
        <div className={styles.results}>
          <Button icon={<CheckOutlined />} onClick={() => onDone(kind, true)}>
            {t('verify.passed')}
          </Button>
          <Button icon={<CloseOutlined />} onClick={() => onDone(kind, false)}>
            {t('verify.failed')}
          </Button>
        </div>
      )}
    </>
  );
}

function Checks({ checks }: { checks: CaseDetail['checks'] }) {
  const { t, language } = useWords('cases');
  return (
    <ul className={styles.checks} aria-label={t('verify.done')}>
      {checks.map((check) => (
        <li key={`${check.at} ${check.kind}`} data-passed={check.has_passed}>
          <strong>{t(check.has_passed ? 'verify.passed' : 'verify.failed')}</strong>{' '}
          {t(`verify.${check.kind}`)} {check.detail}
          <span className="og-note">
            {' '}
            {check.by}, {momentOf(check.at, language)}
          </span>
        </li>
      ))}
    </ul>
  );
}
