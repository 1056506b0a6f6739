// What is in stock, what channel SKUs mean, and whether the money adds up.
import { Tabs } from 'antd';
import { useSearchParams } from 'react-router';

import { useMay } from '@app/session';
import { useWords } from '@app/words';

import { DayDrawer } from './DayDrawer';
import { Mappings } from './Mappings';
import { Reconciliation } from './Reconciliation';
import { StockTab } from './StockTab';

export default function Stock() {
  const { t } = useWords('stock');
  const mayReconcile = useMay('reconcile');
  const [view, setView] = useSearchParams();
  const set = (changes: Record<string, string | null>) =>
    setView((former) => {
      for (const [name, value] of Object.entries(changes))
        if (value === null) former.delete(name);
        else former.set(name, value);
      return former;
    });
  const tabs = [
    { key: 'stock', label: t('tab.stock'), children: <StockTab view={view} set={set} /> },
    { key: 'mappings', label: t('tab.mappings'), children: <Mappings view={view} set={set} /> },
    ...(mayReconcile
      ? [{ key: 'money', label: t('tab.money'), children: <Reconciliation set={set} /> }]
      : []),
  ];
  return (
    <>
      <Tabs
        activeKey={view.get('tab') ?? 'stock'}
        onChange={(tab) => set({ tab })}
        destroyOnHidden
        items={tabs}
      />
      {mayReconcile && <DayDrawer day={view.get('day')} onClose={() => set({ day: null })} />}
    </>
  );
}
