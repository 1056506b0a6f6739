import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Card, Form, Input, Typography } from 'antd';
import { useEffect } from 'react';

import { api } from '@api/client';
import { Refusal } from '@api/refusal';

import { LanguageSwitch, SchemeSwitch } from './Switches';
import { SESSION } from './session';
import { useWords } from './words';

interface Credentials {
  name: string;
  password: string;
}

export function SignIn() {
  const { t } = useWords();
  const queries = useQueryClient();
  const signIn = api.useMutation('post', '/api/v1/session', {
    onSuccess: (session) => {
      // What somebody else was shown is not for this one.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[1] !== SESSION.queryKey[1] });
      queries.setQueryData(SESSION.queryKey, session);
    },
  });
  useEffect(() => {
    document.title = `${t('sign_in.title')} · OrderGuard`;
  }, [t]);
  const refusal: unknown = signIn.error;
  return (
    <main className="og-sign-in">
      <div className="og-sign-in-switches">
        <LanguageSwitch />
        <SchemeSwitch />
      </div>
      <Card>
        <p className="og-brand">
          <img src="/page/icon.svg" alt="" width={22} height={22} /> OrderGuard
        </p>
        <h1>{t('sign_in.title')}</h1>
        <Form<Credentials>
          layout="vertical"
          requiredMark={false}
          onFinish={(values) => signIn.mutate({ body: values })}
        >
          <Form.Item name="name" label={t('sign_in.name')} rules={[{ required: true }]}>
            <Input autoComplete="username" size="large" />
          </Form.Item>
          <Form.Item name="password" label={t('sign_in.password')} rules={[{ required: true }]}>
            <Input.Password autoComplete="current-password" size="large" />
          </Form.Item>
          {refusal instanceof Refusal && (
            <Alert type="error" showIcon role="alert" title={t(wordOf(refusal.status))} />
          )}
          <Button type="primary" htmlType="submit" size="large" block loading={signIn.isPending}>
            {t('sign_in.button')}
          </Button>
        </Form>
        <Typography.Paragraph type="secondary" className="og-sign-in-note">
          {t('sign_in.link')}
        </Typography.Paragraph>
        <code className="og-code">orderguard user add NAME --role ROLE --data DIR</code>
      </Card>
    </main>
  );
}

function wordOf(status: number): string {
  if (status === 401) return 'sign_in.wrong';
  if (status === 429) return 'sign_in.too_many';
  return status === 0 ? 'unreachable.text' : 'sign_in.failed';
}
