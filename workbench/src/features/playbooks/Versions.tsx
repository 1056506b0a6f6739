// The versions of a playbook, and the way back to one.
import { App } from 'antd';
import { useQueryClient } from '@tanstack/react-query';

import { api, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { Versions } from '@components/Versions';
import { bookOf } from './useDraft';

export function PlaybookVersions({ book }: { book: Schemas['PlaybookBook'] }) {
  const { t } = useWords('playbooks');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const back = api.useMutation('post', '/api/v1/playbooks/{playbook_id}/rollback');
  const roll = (version: number) =>
    back.mutate(
      { params: { path: { playbook_id: book.id } }, body: { version } },
      {
        onSuccess: () => {
          void queries.invalidateQueries({ queryKey: bookOf(book.id).queryKey });
          void queries.invalidateQueries({ queryKey: ['get', '/api/v1/playbooks'] });
          void message.success(t('versions.back', { n: version }));
        },
      },
    );
  return (
    <>
      {back.error && <ProblemNote error={back.error} />}
      <Versions
        versions={book.versions}
        empty={t('versions.empty')}
        onBack={book.can.includes('rollback') ? roll : undefined}
        isGoingBack={back.isPending}
      />
    </>
  );
}
