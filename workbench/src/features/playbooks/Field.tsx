import type { ReactNode } from 'react';

import styles from './playbooks.module.css';

interface Props {
  /** What the controls say of themselves too: a list in a real label would close as it opens. */
  label: string;
  children: ReactNode;
}

/** Controls below their name. */
export function Field({ label, children }: Props) {
  return (
    <div className={styles.field}>
      <span aria-hidden>{label}</span>
      {children}
    </div>
  );
}
