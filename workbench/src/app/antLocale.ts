// The component library's own words, which come with the language that is used.
import type { ConfigProviderProps } from 'antd';
import { useEffect, useState } from 'react';

import { useWords, type Language } from './words';

type Locale = NonNullable<ConfigProviderProps['locale']>;

const LOADERS: Record<Language, () => Promise<{ default: Locale }>> = {
  zh: () => import('antd/locale/zh_CN'),
  en: () => import('antd/locale/en_GB'),
};

export function useAntLocale(): Locale | undefined {
  const { language } = useWords();
  const [locale, setLocale] = useState<Locale>();
  useEffect(() => {
    let isWanted = true;
    void LOADERS[language]().then((module) => {
      if (isWanted) setLocale(module.default);
    });
    return () => {
      isWanted = false;
    };
  }, [language]);
  return locale;
}
