// The versions of a rule, and the way back to one.
import { App } from 'antd';
import { useQueryClient } from '@tanstack/react-query';

import { api, type Schemas } from '@api/client';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { Versions } from '@components/Versions';
import { StatusTag } from './StatusTag';
import { bookOf } from './useEditing';

export function RuleVersions({ id, book }: { id: string; book: Schemas['Book'] | null }) {
  const { t } = useWords('rules');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const back = api.useMutation('post', '/api/v1/rules/{rule_id}/rollback');
  const roll = (version: number) =>
    back.mutate(
      { params: { path: { rule_id: id } }, body: { version } },
      {
        onSuccess: (next) => {
          queries.setQueryData(bookOf(id).queryKey, next);
          void queries.invalidateQueries({ queryKey: ['get', '/api/v1/rulebook'] });
          void message.success(t('versions.back', { n: version }));
        },
      },
    );
  return (
    <>
      {back.error && <ProblemNote error={back.error} />}
      <Versions
        versions={book?.versions ?? []}
        empty={t('versions.empty')}
        stateOf={(version) => <StatusTag status={version.status} />}
        onBack={book?.can.includes('rollback') ? roll : undefined}
        isGoingBack={back.isPending}
      />
    </>
  );
}
