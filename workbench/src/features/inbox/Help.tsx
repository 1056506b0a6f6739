import { Modal } from 'antd';

import { useWords } from '@app/words';

import styles from './inbox.module.css';

const KEYS = ['j', 'k', 'Enter', 'e', 'h', 'a', 'c', 'x', 'u', 'n', 'r', '/', '?'] as const;

export function Help({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useWords('inbox');
  return (
    <Modal open={isOpen} onCancel={onClose} footer={null} title={t('help.title')} width={460}>
      <dl className={styles.keys}>
        {KEYS.map((key) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(`help.${WORD[key]}`)}</dd>
          </div>
        ))}
      </dl>
      <p className="og-note">{t('help.note')}</p>
    </Modal>
  );
}

const WORD: Record<(typeof KEYS)[number], string> = {
  j: 'next',
  k: 'previous',
  Enter: 'open',
  e: 'release',
  h: 'confirm',
  a: 'assign',
  c: 'comment',
  x: 'mark',
  u: 'undo',
  n: 'take',
  r: 'tidy',
  '/': 'search',
  '?': 'help',
};
