// Saved views, as tabs: those that everybody has, and one's own.
import { CloseOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Popover } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';

import { useWords } from '@app/words';

import styles from './inbox.module.css';
import { dropView, isSameQuery, savedViews, saveView, USUAL } from './saved';

const NAME_CHARACTERS_MAX = 40;

export function Views({ query }: { query: string }) {
  const { t } = useWords('inbox');
  const [views, setViews] = useState(savedViews);
  const [isNaming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const isKnown = [...USUAL, ...views].some((one) => isSameQuery(one.query, query));
  const save = () => {
    if (!name.trim()) return;
    setViews(saveView({ name: name.trim(), query }));
    setNaming(false);
    setName('');
  };
  return (
    <nav className={styles.views} aria-label={t('views')}>
      {USUAL.map(({ key, query: kept }) => (
        <Tab key={key} query={kept} isHere={isSameQuery(kept, query)} name={t(`usual.${key}`)} />
      ))}
      {views.map((one) => (
        <span key={one.name} className={styles.own}>
          <Tab query={one.query} isHere={isSameQuery(one.query, query)} name={one.name} />
          <Button
            type="text"
            size="small"
            icon={<CloseOutlined />}
            aria-label={t('drop_view', { name: one.name })}
            onClick={() => setViews(dropView(one.name))}
          />
        </span>
      ))}
      {!isKnown && (
        <Popover
          trigger="click"
          open={isNaming}
          onOpenChange={setNaming}
          content={
            <Input
              size="small"
              maxLength={NAME_CHARACTERS_MAX}
              value={name}
              placeholder={t('view_name')}
              aria-label={t('view_name')}
              onChange={(event) => setName(event.target.value)}
              onPressEnter={save}
              suffix={
                <Button size="small" type="link" onClick={save}>
                  {t('save')}
                </Button>
              }
            />
          }
        >
          <Button type="text" size="small" icon={<PlusOutlined />}>
            {t('save_view')}
          </Button>
        </Popover>
      )}
    </nav>
  );
}

function Tab({ query, name, isHere }: { query: string; name: string; isHere: boolean }) {
  return (
    <Link to={{ search: query }} className={styles.view} aria-current={isHere ? 'page' : undefined}>
      {name}
    </Link>
  );
}
