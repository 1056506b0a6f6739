// Before the pages: who is signed in. Nobody: the sign-in, at whatever address was asked for.
import { Button, Result, Spin } from 'antd';
import { useEffect } from 'react';

import { Refusal } from '@api/refusal';

import { SessionContext, useSessionQuery } from './session';
import { Shell } from './Shell';
import { SignIn } from './SignIn';
import { endLine, startLine, useLine } from './stream/line';
import { useWords } from './words';

export function Gate() {
  const { t } = useWords();
  const { data: session, error, refetch } = useSessionQuery();
  const { state } = useLine();
  const name = error ? undefined : session?.name; // What is known from before is kept beside it.

  useEffect(() => {
    if (!name) return undefined;
    startLine();
    const leave = () => endLine('bye');
    const comeBack = (event: PageTransitionEvent) => {
      if (event.persisted) startLine();
    };
    addEventListener('pagehide', leave);
    addEventListener('pageshow', comeBack);
    return () => {
      removeEventListener('pagehide', leave);
      removeEventListener('pageshow', comeBack);
      leave();
    };
  }, [name]);

  useEffect(() => {
    if (state === 'signed-out') void refetch();
  }, [state, refetch]);

  if (error instanceof Refusal && error.status === 401) return <SignIn />;
  if (session) {
    return (
      <SessionContext value={session}>
        <Shell />
      </SessionContext>
    );
  }
  if (error) {
    return (
      <Result
        status="warning"
        title={t('unreachable.title')}
        subTitle={error.status === 0 ? t('unreachable.text') : error.detail}
        extra={<Button onClick={() => void refetch()}>{t('try_again')}</Button>}
      />
    );
  }
  return <Spin className="og-whole" />;
}
