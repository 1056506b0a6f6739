// Why: each hit with its explanation, and what was seen beside what is normal.
import type { Schemas } from '@api/client';
import { said, useWords } from '@app/words';

import { isNormal, normalText, valueText } from './evidence';
import styles from './Hits.module.css';
import { SeverityTag } from './SeverityTag';

interface Props {
  alert: Schemas['Alert'];
  /** What a rule, and a value that it looks at, is called. */
  titleOf: (rule: string) => string;
  nameOf: (rule: string, name: string) => string;
  /** So many, the newest; missing: all. */
  most?: number;
}

export function Hits({ alert, titleOf, nameOf, most }: Props) {
  const { t, language } = useWords('app');
  const hits = newestByRule(alert.hits).slice(0, most);
  return (
    <ul className={styles.hits}>
      {hits.map(({ hit, times }) => (
        <li key={hit.rule}>
          <div className={styles.head}>
            <SeverityTag severity={alert.severity} />
            <strong>{titleOf(hit.rule)}</strong>
            {times > 1 && <span className="og-note">{t('evidence.times', { n: times })}</span>}
          </div>
          <p className={styles.why}>{said(hit.explanation, language)}</p>
          <table className={styles.evidence}>
            <thead>
              <tr>
                <th scope="col">{t('evidence.name')}</th>
                <th scope="col">{t('evidence.value')}</th>
                <th scope="col">{t('evidence.normal')}</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(hit.features).map(([name, value]) => (
                <tr key={name} data-odd={name in hit.normal && !isNormal(value, hit.normal[name])}>
                  <th scope="row">{nameOf(hit.rule, name)}</th>
                  <td>{valueText(value, t)}</td>
                  <td>{name in hit.normal ? normalText(hit.normal[name], t) : t('none')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </li>
      ))}
    </ul>
  );
}

/** Of the hits of one rule the newest tells most; how many there are is said beside it. */
export function newestByRule(hits: readonly Schemas['Hit'][]) {
  const found = new Map<string, { hit: Schemas['Hit']; times: number }>();
  for (const hit of hits) {
    const times = (found.get(hit.rule)?.times ?? 0) + 1;
    found.delete(hit.rule);
    found.set(hit.rule, { hit, times });
  }
  return [...found.values()].toReversed();
}
