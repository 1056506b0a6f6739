import { Button, Space } from 'antd';

import { useWords } from '@app/words';

interface Props {
  cursor: string | null;
  next: string | null;
  set: (changes: Record<string, string | null>) => void;
}

export function Pager({ cursor, next, set }: Props) {
  const { t } = useWords('stock');
  if (!cursor && !next) return null;
  return (
    <Space style={{ marginTop: 10 }}>
      <Button disabled={!cursor} onClick={() => set({ after: null })}>
        {t('page.first')}
      </Button>
      <Button disabled={!next} onClick={() => set({ after: next })}>
        {t('page.next')}
      </Button>
    </Space>
  );
}
