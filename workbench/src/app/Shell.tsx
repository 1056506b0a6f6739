// The frame of every page: menu, header, and the page itself.
import { Drawer, Layout } from 'antd';
import { useEffect, useState } from 'react';
import { useLocation, useSearchParams } from 'react-router';

import { FEATURES, isSeenBy } from './feature';
import { Header } from './Header';
import { Pages } from './Pages';
import { useSession } from './session';
import { SideMenu } from './SideMenu';
import { Tour } from './Tour';
import { useIsNarrow } from './useIsNarrow';
import { useWords } from './words';

const KEPT_AS = 'orderguard.menu';
const WIDTH = 188;

export function Shell() {
  const { t } = useWords();
  const { role } = useSession();
  const [query] = useSearchParams();
  const { pathname } = useLocation();
  const isNarrow = useIsNarrow();
  const [isFolded, setFolded] = useState(() => localStorage.getItem(KEPT_AS) === 'folded');
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isTouring, setTouring] = useState(false);
  const features = FEATURES.filter((one) => isSeenBy(one, role));
  const here = features.find(({ path }) => `${pathname}/`.startsWith(`/${path}/`));
  const title = here && t(`${here.name}:title`);
  useEffect(() => {
    document.title = title ? `${title} · OrderGuard` : 'OrderGuard';
  }, [title]);

  if (query.get('wall') === '1') return <Pages features={features} />;

  const fold = () => {
    localStorage.setItem(KEPT_AS, isFolded ? 'open' : 'folded');
    setFolded(!isFolded);
  };
  const menu = (
    <SideMenu features={features} here={here?.name} onChoose={() => setMenuOpen(false)} />
  );
  return (
    <Layout className="og-shell">
      <a className="og-skip" href="#page">
        {t('skip')}
      </a>
      {isNarrow ? (
        <Drawer
          open={isMenuOpen}
          onClose={() => setMenuOpen(false)}
          placement="left"
          size={WIDTH + 60}
          title="OrderGuard"
        >
          {menu}
        </Drawer>
      ) : (
        <Layout.Sider
          className="og-sider"
          width={WIDTH}
          collapsedWidth={52}
          collapsed={isFolded}
          trigger={null}
        >
          <p className="og-brand">
            <img src="/page/icon.svg" alt="" width={22} height={22} />
            {!isFolded && <span>OrderGuard</span>}
          </p>
          {menu}
        </Layout.Sider>
      )}
      <Layout>
        <Header
          features={features}
          onMenu={isNarrow ? () => setMenuOpen(true) : fold}
          onTour={isNarrow ? undefined : () => setTouring(true)}
          title={title}
        />
        {isTouring && <Tour features={features} onClose={() => setTouring(false)} />}
        <Layout.Content id="page" tabIndex={0} className="og-page" role="main">
          <Pages features={features} />
        </Layout.Content>
      </Layout>
    </Layout>
  );
}
