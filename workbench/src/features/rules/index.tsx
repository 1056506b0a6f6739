// Rules without code: all of them, how they hang together, and one of them to work on.
import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { lazy, Suspense } from 'react';
import { Route, Routes, useParams } from 'react-router';

import { ProblemNote } from '@components/ProblemNote';
import { RuleList } from './RuleList';
import { NewRule, RulePage } from './RulePage';
import { bookOf } from './useEditing';

const Canvas = lazy(() => import('./Canvas'));

export default function Rules() {
  return (
    <Suspense fallback={<Skeleton active />}>
      <Routes>
        <Route index element={<RuleList />} />
        <Route path="canvas" element={<Canvas />} />
        <Route path="new" element={<NewRule />} />
        <Route path=":id" element={<OneRule />} />
      </Routes>
    </Suspense>
  );
}

function OneRule() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useQuery(bookOf(id));
  if (error) return <ProblemNote error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  return <RulePage key={id} id={id} book={data} />;
}
