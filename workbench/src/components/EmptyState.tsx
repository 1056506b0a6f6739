import { Empty } from 'antd';
import type { ReactNode } from 'react';

/** Nothing there yet: `text` says what will appear, `action` is the one button that helps. */
export function EmptyState({ text, action }: { text: string; action?: ReactNode }) {
  return (
    <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text}>
      {action}
    </Empty>
  );
}
