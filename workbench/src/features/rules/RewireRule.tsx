// A rule's severity and conditions, changed from the canvas: it always comes to a draft.
import { App, Button, Popconfirm, Select } from 'antd';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, client, type Schemas } from '@api/client';
import { useMay } from '@app/session';
import { useWords } from '@app/words';
import { ProblemNote } from '@components/ProblemNote';
import { SEVERITIES, SeverityTag, type Severity } from '@components/SeverityTag';
import type { About } from './CanvasPanel';
import styles from './canvas.module.css';
import { CanvasLink } from './CanvasLink';
import { proposed, readId, valuesOf } from './flow';
import { StatusTag } from './StatusTag';
import { bookOf } from './useEditing';
import { RULEBOOK } from './useRulebook';
import { ValueSelect } from './ValueSelect';

export function RewireRule(about: About & { row: Schemas['Row'] }) {
  const { t } = useWords('rules');
  const mayChange = useMay('change_rules');
  const { row } = about;
  return (
    <>
      <div className={styles.facts}>
        <StatusTag status={row.status} />
        <SeverityTag severity={row.severity} />
        <span className="og-space" />
        <CanvasLink to={`/rules/${row.id}`}>{t('canvas.open_rule')}</CanvasLink>
      </div>
      {row.draft_by && row.status !== 'draft' && <Draft row={row} />}
      {mayChange && <ToSeverity {...about} />}
      {mayChange && <AddCondition {...about} />}
    </>
  );
}

function Draft({ row }: { row: Schemas['Row'] }) {
  const { t } = useWords('rules');
  const queries = useQueryClient();
  const mayChange = useMay('change_rules');
  const drop = useMutation({
    mutationFn: () =>
      client.DELETE('/api/v1/rules/{rule_id}/draft', { params: { path: { rule_id: row.id } } }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: RULEBOOK.queryKey });
      void queries.invalidateQueries({ queryKey: bookOf(row.id).queryKey });
    },
  });
  return (
    <div className={styles.facts}>
      <span className="og-note">{t('bar.draft_by', { name: row.draft_by })}</span>
      {proposed(row) !== row.severity && <SeverityTag severity={proposed(row)} />}
      <span className="og-space" />
      {mayChange && (
        <Popconfirm
          title={t('canvas.drop_ask')}
          okText={t('canvas.drop')}
          cancelText={t('cancel')}
          onConfirm={() => drop.mutate()}
        >
          <Button size="small" loading={drop.isPending}>
            {t('canvas.drop')}
          </Button>
        </Popconfirm>
      )}
      {drop.error && <ProblemNote error={drop.error} />}
    </div>
  );
}

function ToSeverity({ row, canvas }: About & { row: Schemas['Row'] }) {
  const { t } = useWords('rules');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [severity, setSeverity] = useState<Severity>(canvas.view.to ?? proposed(row));
  const save = api.useMutation('put', '/api/v1/rules/{rule_id}');
  const keep = useMutation({
    mutationFn: async () => {
      // As it stands now: what somebody else drafted meanwhile stays in it.
      const { text, features } = await queries.query({ ...bookOf(row.id), staleTime: 0 });
      return await save.mutateAsync({
        params: { path: { rule_id: row.id } },
        body: { text: { ...text, severity }, features },
      });
    },
    onSuccess: async (book) => {
      queries.setQueryData(bookOf(row.id).queryKey, book);
      await queries.invalidateQueries({ queryKey: RULEBOOK.queryKey });
      void message.success(t('bar.saved'));
      canvas.choose(`rules:${row.id}`);
    },
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (severity !== proposed(row)) keep.mutate();
      }}
    >
      <span className={styles.field}>
        <span>{t('column.severity')}</span>
        <Select
          aria-label={t('column.severity')}
          value={severity}
          options={SEVERITIES.map((one) => ({ value: one, label: t(`app:severity.${one}`) }))}
          onChange={setSeverity}
        />
      </span>
      <Button
        type="primary"
        htmlType="submit"
        disabled={severity === proposed(row)}
        loading={keep.isPending}
      >
        {t('bar.save')}
      </Button>
      {keep.error && <ProblemNote error={keep.error} />}
      <span className="og-note">{t('canvas.draft_note')}</span>
    </form>
  );
}

function AddCondition({ row, operands, canvas }: About & { row: Schemas['Row'] }) {
  const { t } = useWords('rules');
  const [name, setName] = useState<string>();
  const from = canvas.view.of ? readId(canvas.view.of) : null;
  const values = valuesOf(from ?? { layer: 'rules', name: '' }, operands);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (name) canvas.open(`/rules/${row.id}?add=${name}`);
      }}
    >
      <ValueSelect
        label={t('canvas.add_on')}
        values={values}
        operands={operands}
        value={name}
        onChange={setName}
      />
      <Button htmlType="submit" disabled={!name}>
        {t('canvas.add_button')}
      </Button>
    </form>
  );
}
