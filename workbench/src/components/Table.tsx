import { Table as AntTable, type TableProps } from 'antd';
import { useEffect, useRef, type ComponentRef } from 'react';

const SCROLLS = '.ant-table-content, .ant-table-body';

/** A table that the keyboard can scroll sideways: what scrolls may be focused. */
export function Table<Row extends object>(props: TableProps<Row>) {
  const ref = useRef<ComponentRef<typeof AntTable>>(null);
  useEffect(() => {
    const found = ref.current?.nativeElement.querySelectorAll<HTMLElement>(SCROLLS) ?? [];
    for (const scrolls of found) scrolls.tabIndex = 0;
  });
  return <AntTable<Row> {...props} ref={ref} />;
}
