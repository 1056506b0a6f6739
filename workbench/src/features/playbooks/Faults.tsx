import type { Schemas } from '@api/client';
import { useWords } from '@app/words';
import styles from './playbooks.module.css';

interface Props {
  problems: readonly Schemas['FaultAt'][] | null;
  /** Of which step, null for what is of none. */
  step: number | null;
}

/** What is wrong, each with the member that it is about. */
export function Faults({ problems, step }: Props) {
  const { t } = useWords('playbooks');
  const ours = (problems ?? []).filter((one) => one.step === step);
  if (ours.length === 0) return null;
  return (
    <ul className={styles.problems} role="alert">
      {ours.map((one) => (
        <li key={`${one.member} ${one.message}`}>
          {t(`member.${one.member}`, { defaultValue: one.member })}: {one.message}
        </li>
      ))}
    </ul>
  );
}
