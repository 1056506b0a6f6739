// The rule's own tests, run when asked: what is given, what it should do, what it did.
import { Button, Tag } from 'antd';

import { api } from '@api/client';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { ProblemNote } from '@components/ProblemNote';
import { Table } from '@components/Table';
import { nameOf, useValues } from './catalogue';
import type { Editing } from './useEditing';
import styles from './rules.module.css';

export function RuleTests({ id, editing }: { id: string; editing: Editing }) {
  const { t, language } = useWords('rules');
  const { operands } = useValues();
  const run = api.useMutation('post', '/api/v1/rulebook/{rule_id}/tests');
  const { text, features, change } = editing;
  const results = new Map((run.data?.items ?? []).map((one) => [one.name, one]));
  const button = (
    <Button
      type="primary"
      loading={run.isPending}
      disabled={text.tests.length === 0}
      onClick={() =>
        run.mutate({ params: { path: { rule_id: id } }, body: { text, features } })
      }
    >
      {t('tests.run')}
    </Button>
  );
  return (
    <>
      <div className={styles.bar}>
        {button}
        <Button onClick={() => change({ tests: [] })} disabled={text.tests.length === 0}>
          {t('tests.rewrite')}
        </Button>
        <span className="og-note">{t('tests.note')}</span>
      </div>
      {run.error && <ProblemNote error={run.error} />}
      <Table
        size="small"
        rowKey="name"
        pagination={false}
        scroll={{ x: 640 }}
        dataSource={text.tests}
        locale={{ emptyText: <EmptyState text={t('tests.empty')} /> }}
        columns={[
          { title: t('tests.name'), dataIndex: 'name' },
          {
            title: t('tests.given'),
            key: 'given',
            render: (_, one) =>
              Object.entries(one.given).map(([name, value]) => (
                <div key={name}>
                  {nameOf(operands, name, language)} = {String(value)}
                </div>
              )),
          },
          {
            title: t('tests.expects'),
            key: 'expects',
            render: (_, one) => t(one.hit ? 'tests.hit' : 'tests.miss'),
          },
          {
            title: t('tests.result'),
            key: 'result',
            render: (_, one) => {
              const result = results.get(one.name);
              if (!result) return t('app:none');
              return (
                <Tag color={result.passed ? 'success' : 'error'}>
                  {t(result.passed ? 'tests.passed' : 'tests.failed')}
                </Tag>
              );
            },
          },
        ]}
      />
    </>
  );
}
