import { SearchOutlined } from '@ant-design/icons';
import { Input, Segmented, Select, type InputRef } from 'antd';
import { memo, type RefObject } from 'react';

import { useWords } from '@app/words';
import { SEVERITIES, SeverityTag } from '@components/SeverityTag';

import styles from './inbox.module.css';
import { INBOXES, SORTS, STANDINGS, WHO, type View } from './view';

interface Props {
  view: View;
  rules: readonly { value: string; label: string }[];
  search: RefObject<InputRef | null>;
  onChange: (change: Partial<View>) => void;
}

// Each batch of the stream shows the page anew, and this is the costly part of it.
export const Filters = memo(function Filters({ view, rules, search, onChange }: Props) {
  const { t } = useWords('inbox');
  return (
    <div className={styles.filters} role="search" aria-label={t('filters')}>
      <Input
        ref={search}
        className={styles.search}
        allowClear
        prefix={<SearchOutlined />}
        suffix={<kbd>/</kbd>}
        value={view.text}
        placeholder={t('search_hint')}
        aria-label={t('search')}
        onChange={(event) => onChange({ text: event.target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Escape' || event.key === 'Enter') event.currentTarget.blur();
        }}
      />
      <Select
        mode="multiple"
        maxTagCount="responsive"
        className={styles.choice}
        aria-label={t('column.severity')}
        placeholder={t('column.severity')}
        value={[...view.severities]}
        options={SEVERITIES.toReversed().map((value) => ({
          value,
          label: <SeverityTag severity={value} />,
        }))}
        showSearch={false}
        onChange={(severities) => onChange({ severities })}
      />
      <Select
        mode="multiple"
        maxTagCount="responsive"
        className={styles.choice}
        aria-label={t('column.inbox')}
        placeholder={t('column.inbox')}
        value={[...view.inboxes]}
        options={INBOXES.map((value) => ({ value, label: t(`inbox.${value}`) }))}
        showSearch={false}
        onChange={(inboxes) => onChange({ inboxes })}
      />
      <Select
        mode="multiple"
        maxTagCount="responsive"
        className={styles.rules}
        aria-label={t('rule')}
        placeholder={t('rule')}
        value={[...view.rules]}
        options={[...rules]}
        showSearch={{ optionFilterProp: 'label' }}
        popupMatchSelectWidth={260}
        onChange={(chosen) => onChange({ rules: chosen })}
      />
      <Segmented
        aria-label={t('column.assignee')}
        value={view.who}
        options={WHO.map((value) => ({ value, label: t(`who.${value}`) }))}
        onChange={(who) => onChange({ who })}
      />
      <Segmented
        aria-label={t('status')}
        value={view.standing}
        options={STANDINGS.map((value) => ({ value, label: t(`standing.${value}`) }))}
        onChange={(standing) => onChange({ standing })}
      />
      <Select
        className={styles.sort}
        aria-label={t('sort')}
        value={view.sort}
        options={SORTS.map((value) => ({ value, label: t(`by.${value}`) }))}
        onChange={(sort) => onChange({ sort })}
      />
    </div>
  );
});
