import { useQuery } from '@tanstack/react-query';
import { Descriptions, Input, Select, Skeleton, Tag } from 'antd';

import { api, type Schemas } from '@api/client';
import { Refusal } from '@api/refusal';
import { fullMomentOf, numberOf } from '@app/times';
import { useWords } from '@app/words';
import { EmptyState } from '@components/EmptyState';
import { Panel } from '@components/Panel';
import { ProblemNote } from '@components/ProblemNote';

import styles from './lists.module.css';
import { badShare, PROFILE_KINDS, type ViewProps } from './view';

/** One entity by its key, and what is remembered of it. */
export function ProfilePanel({ view, set }: ViewProps) {
  const { t } = useWords('lists');
  const kind = PROFILE_KINDS.find((one) => one === view.get('profile')) ?? 'buyer';
  const key = view.get('key') ?? '';
  const { data, error, refetch } = useQuery({
    ...api.queryOptions('get', '/api/v1/profiles/{kind}/{key}', {
      params: { path: { kind, key } },
    }),
    enabled: key !== '',
  });
  const isUnknown = error instanceof Refusal && error.status === 404;
  return (
    <Panel title={t('profile.title')} note={t('profile.note')}>
      <div className={styles.bar}>
        <Select
          aria-label={t('kind_label')}
          value={kind}
          onChange={(value) => set({ profile: value })}
          options={PROFILE_KINDS.map((value) => ({ value, label: t(`profile.kind.${value}`) }))}
          style={{ minWidth: 120 }}
        />
        <Input.Search
          key={key}
          aria-label={t('profile.key')}
          placeholder={t('profile.hint')}
          defaultValue={key}
          allowClear
          onSearch={(value) => set({ key: value.trim() === '' ? null : value.trim() })}
          enterButton={t('profile.search')}
        />
      </div>
      {key === '' && <EmptyState text={t('profile.empty')} />}
      {key !== '' && isUnknown && <EmptyState text={t('profile.unknown')} />}
      {error && !isUnknown && <ProblemNote error={error} onRetry={() => void refetch()} />}
      {key !== '' && !data && !error && <Skeleton active />}
      {data && <Profile profile={data} />}
    </Panel>
  );
}

function Profile({ profile }: { profile: Schemas['Profile'] }) {
  const { t, language } = useWords('lists');
  const share = badShare(profile);
  const number = (value: number) => numberOf(value, language);
  const links = Object.entries(profile.links).filter(([, keys]) => keys.length > 0);
  const rows: [string, React.ReactNode][] = [
    ['first', fullMomentOf(profile.first_seen, language)],
    ['last', fullMomentOf(profile.last_seen, language)],
    ['orders', number(profile.orders)],
    ['bad', number(profile.confirmed_bad)],
    ['good', number(profile.confirmed_good)],
    ['share', share === null ? t('app:none') : `${(share * 100).toFixed(1)} %`],
  ];
  return (
    <>
      <Descriptions
        size="small"
        column={{ xs: 1, sm: 2, lg: 3 }}
        items={rows.map(([key, children]) => ({ key, label: t(`profile.${key}`), children }))}
      />
      {links.length > 0 && <h3>{t('profile.links')}</h3>}
      {links.map(([name, keys]) => (
        <p key={name}>
          <span className="og-note">{t(`profile.kind.${name}`, { defaultValue: name })}: </span>
          {keys.map((key) => (
            <Tag key={key}>{key}</Tag>
          ))}
        </p>
      ))}
    </>
  );
}
