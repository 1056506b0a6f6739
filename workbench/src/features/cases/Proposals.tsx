// What a false alarm proposes: to let somebody pass, or to remember who belongs together.
import { Button } from 'antd';

import { api } from '@api/client';
import { useMay } from '@app/session';
import { useWords } from '@app/words';
import { shownKey } from '@components/evidence';
import { ProblemNote } from '@components/ProblemNote';

import styles from './cases.module.css';
import type { CaseDetail } from './useCase';

export function Proposals({ one, onDone }: { one: CaseDetail; onDone: () => void }) {
  const { t } = useWords('cases');
  const mayAccept = useMay('change_lists');
  const { mutate, error } = api.useMutation(
    'post',
    '/api/v1/cases/{case_id}/proposals/{proposal_id}',
    { onSuccess: onDone },
  );
  return (
    <>
      <ul className={styles.proposals}>
        {one.proposals.map((proposal) => (
          <li key={proposal.proposal_id}>
            <span>
              {proposal.kind
                ? t('proposal.allow', {
                    what: t(`app:subject.${proposal.kind}`, { defaultValue: proposal.kind }),
                    whom: shownKey(proposal.kind, proposal.value),
                  })
                : t('proposal.relation', { n: proposal.buyers.length })}
            </span>
            {proposal.is_accepted ? (
              <span className="og-note">{t('proposal.done')}</span>
            ) : (
              mayAccept && (
                <Button
                  size="small"
                  onClick={() =>
                    mutate({
                      params: {
                        path: { case_id: one.case_id, proposal_id: proposal.proposal_id },
                      },
                    })
                  }
                >
                  {t('proposal.accept')}
                </Button>
              )
            )}
          </li>
        ))}
      </ul>
      {error && <ProblemNote error={error} />}
    </>
  );
}
