// Whom to let pass, to watch and to stop; and what is remembered of somebody.
import { useSearchParams } from 'react-router';

import { ListPanel } from './ListPanel';
import styles from './lists.module.css';
import { ProfilePanel } from './ProfilePanel';

export default function Lists() {
  const [view, setView] = useSearchParams();
  const set = (changes: Record<string, string | null>) =>
    setView((former) => {
      for (const [name, value] of Object.entries(changes))
        if (value === null) former.delete(name);
        else former.set(name, value);
      return former;
    });
  return (
    <div className={styles.page}>
      <ListPanel view={view} set={set} />
      <ProfilePanel view={view} set={set} />
    </div>
  );
}
