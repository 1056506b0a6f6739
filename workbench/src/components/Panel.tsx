import { useId, type ReactNode } from 'react';

import styles from './Panel.module.css';

interface Props {
  title: string;
  /** Said beside the title, softly. */
  note?: ReactNode;
  extra?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, note, extra, className, children }: Props) {
  const id = useId();
  return (
    <section className={`${styles.panel} ${className ?? ''}`} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        {note && <span className={styles.note}>{note}</span>}
        {extra && <span className={styles.extra}>{extra}</span>}
      </header>
      {children}
    </section>
  );
}
