// What may be done with all marked rows at once.
import { DownOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';

import type { Verdict } from '@app/work/deeds';
import { useWords } from '@app/words';

import styles from './inbox.module.css';
import { INBOXES, type Row } from './view';

interface Props {
  count: number;
  /** Verdicts that all marked rows can have; none where they are of both kinds. */
  verdicts: readonly Verdict[];
  isBusy: boolean;
  onAssign: () => void;
  onGiveBack: () => void;
  onMove: (inbox: Row['inbox']) => void;
  onDecide: (verdict: Verdict) => void;
  onClear: () => void;
}

export function Bulk(props: Props) {
  const { t } = useWords('inbox');
  const { count, verdicts, isBusy } = props;
  return (
    <div className={styles.bulk} role="toolbar" aria-label={t('bulk')}>
      <strong className="og-number">{t('marked', { n: count })}</strong>
      <Button disabled={isBusy} onClick={props.onAssign}>
        {t('assign_me')} <kbd>a</kbd>
      </Button>
      <Dropdown
        trigger={['click']}
        disabled={isBusy}
        menu={{
          items: [
            { key: '', label: t('give_back') },
            { type: 'divider' },
            ...INBOXES.map((key) => ({ key, label: t('move_to', { inbox: t(`inbox.${key}`) }) })),
          ],
          onClick: ({ key }) => {
            const inbox = INBOXES.find((one) => one === key);
            if (inbox) props.onMove(inbox);
            else props.onGiveBack();
          },
        }}
      >
        <Button icon={<DownOutlined />} iconPlacement="end">
          {t('move')}
        </Button>
      </Dropdown>
      <span className={styles.divider} aria-hidden />
      {verdicts.map((verdict, place) => (
        <Button
          key={verdict}
          disabled={isBusy}
          danger={verdict === 'cancel'}
          onClick={() => props.onDecide(verdict)}
        >
          {t(`app:work.verdict.${verdict}`)} {place < 2 && <kbd>{'eh'[place]}</kbd>}
        </Button>
      ))}
      {verdicts.length === 0 && <span className="og-note">{t('mixed')}</span>}
      <Button type="text" className={styles.last} onClick={props.onClear}>
        {t('unmark')} <kbd>Esc</kbd>
      </Button>
    </div>
  );
}
