// What the case is, who has it and until when.
import { ArrowLeftOutlined } from '@ant-design/icons';
import { Button, Select, Tag } from 'antd';
import { Link } from 'react-router';

import { fullMomentOf, spanOf } from '@app/times';
import { useNow } from '@app/useNow';
import type { Change } from '@app/work/deeds';
import { addressOfList } from '@app/work/queue';
import { useWords } from '@app/words';
import { subjectText } from '@components/evidence';
import { SeverityTag } from '@components/SeverityTag';

import styles from './cases.module.css';
import type { CaseDetail } from './useCase';

const INBOXES = ['service', 'risk', 'operations', 'finance'] as const;

interface Props {
  one: CaseDetail;
  me: string;
  left: number;
  mayDecide: boolean;
  titleOf: (rule: string) => string;
  onChange: (change: Change) => void;
}

export function Head({ one, me, left, mayDecide, titleOf, onChange }: Props) {
  const { t, language } = useWords('cases');
  const [newest] = one.alerts.toReversed();
  const rules = [...new Set(one.alerts.flatMap((alert) => alert.rules))];
  const isOpen = one.status === 'open' || one.status === 'waiting';
  return (
    <header className={styles.head}>
      <Link to={addressOfList()} className={styles.back} aria-label={t('back')}>
        <ArrowLeftOutlined />
      </Link>
      <SeverityTag severity={one.severity} />
      <h2>{rules.map(titleOf).join(t('and'))}</h2>
      {newest && (
        <span className={`og-note ${styles.about}`}>
          {subjectText(newest.subject, t)} · {newest.channel}/{newest.shop}
        </span>
      )}
      <span className={styles.facts}>
        {one.kind === 'risk' && newest && (
          <Tag className="og-number">{t('score', { n: newest.score })}</Tag>
        )}
        {isOpen && <Due at={one.due_at} title={fullMomentOf(one.due_at, language)} />}
        {left > 0 && <span className="og-note og-number">{t('left', { n: left })}</span>}
        {isOpen && mayDecide && (
          <>
            <Select
              size="small"
              aria-label={t('in_inbox')}
              value={one.inbox}
              options={INBOXES.map((value) => ({ value, label: t(`inbox.${value}`) }))}
              popupMatchSelectWidth={false}
              onChange={(inbox) => onChange({ inbox })}
            />
            <Button
              size="small"
              type={one.status === 'waiting' ? 'primary' : 'default'}
              aria-pressed={one.status === 'waiting'}
              onClick={() => onChange({ status: one.status === 'waiting' ? 'open' : 'waiting' })}
            >
              {t('waiting')}
            </Button>
          </>
        )}
        <span>{one.assignee ?? <span className="og-note">{t('nobody')}</span>}</span>
        {isOpen && mayDecide && one.assignee !== me && (
          <Button size="small" onClick={() => onChange({ assignee: me })}>
            {t('assign_me')} <kbd>a</kbd>
          </Button>
        )}
      </span>
    </header>
  );
}

function Due({ at, title }: { at: string; title: string }) {
  const { t } = useWords('cases');
  const left = Date.parse(at) - useNow();
  const { key, n } = spanOf(left);
  const span = t(`app:span.${key}`, { n });
  return (
    <span className={styles.due} data-late={left < 0} title={title}>
      {t(left < 0 ? 'overdue' : 'due_in', { span })}
    </span>
  );
}
