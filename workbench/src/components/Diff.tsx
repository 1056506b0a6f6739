import { changes } from './changes';
import styles from './Diff.module.css';

/** What changed from one text to another, line by line. */
export function Diff({ before, after }: { before: string; after: string }) {
  return (
    <pre className={styles.diff}>
      {changes(before, after).map((one, place) => (
        <div key={place} data-change={one.sign}>
          {one.sign} {one.line}
        </div>
      ))}
    </pre>
  );
}
