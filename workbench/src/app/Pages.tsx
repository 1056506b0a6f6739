// Each feature's page, loaded when it is gone to.
import { Button, Result, Spin } from 'antd';
import { Component, lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { Link, Navigate, Route, Routes } from 'react-router';

import { FEATURES, type Placed } from './feature';
import { useWords } from './words';

const PAGES: ReadonlyMap<string, ComponentType> = new Map(
  FEATURES.map(({ name, page }) => [name, lazy(page)]),
);

export function Pages({ features }: { features: readonly Placed[] }) {
  const first = features.find(({ order }) => order !== null);
  return (
    <Suspense fallback={<Spin className="og-whole" />}>
      <Routes>
        {features.map(({ name, path }) => {
          const Page = PAGES.get(name);
          return (
            <Route
              key={name}
              path={`/${path}/*`}
              element={<Fence key={name}>{Page && <Page />}</Fence>}
            />
          );
        })}
        {first && <Route path="/" element={<Navigate to={`/${first.path}`} replace />} />}
        <Route path="*" element={<Nowhere />} />
      </Routes>
    </Suspense>
  );
}

function Nowhere() {
  const { t } = useWords();
  return (
    <Result
      status="404"
      title={t('nowhere.title')}
      subTitle={t('nowhere.text')}
      extra={<Link to="/">{t('nowhere.home')}</Link>}
    />
  );
}

function Broken() {
  const { t } = useWords();
  return (
    <Result
      status="error"
      title={t('broken.title')}
      subTitle={t('broken.text')}
      extra={<Button onClick={() => location.reload()}>{t('broken.button')}</Button>}
    />
  );
}

/** A page that fails does not take the menu with it. A new build is the usual cause. */
class Fence extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}
