import { Tag } from 'antd';

import { useWords } from '@app/words';

const COLOURS: Record<string, string> = { live: 'success', shadow: 'processing' };

export function StatusTag({ status }: { status: string | null }) {
  const { t } = useWords('rules');
  const state = status ?? 'draft';
  return <Tag color={COLOURS[state] ?? 'default'}>{t(`state.${state}`)}</Tag>;
}
