import { Navigate, Route, Routes, useParams } from 'react-router';

import { CasePage } from './CasePage';

export default function Cases() {
  return (
    <Routes>
      <Route path=":caseId" element={<One />} />
      <Route path="*" element={<Navigate to="/inbox" replace />} />
    </Routes>
  );
}

/** Each case begins anew: nothing typed for one is left for the next. */
function One() {
  const { caseId = '' } = useParams();
  return <CasePage key={caseId} caseId={caseId} />;
}
