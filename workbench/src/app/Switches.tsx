import { MoonOutlined, SunOutlined } from '@ant-design/icons';
import { Button, Segmented } from 'antd';

import { useScheme } from './theme';
import { setLanguage, useWords, type Language } from './words';

export function LanguageSwitch() {
  const { t, language } = useWords();
  return (
    <Segmented<Language>
      size="small"
      aria-label={t('language.label')}
      value={language}
      options={[
        { value: 'zh', label: t('language.zh') },
        { value: 'en', label: t('language.en') },
      ]}
      onChange={(next) => void setLanguage(next)}
    />
  );
}

export function SchemeSwitch() {
  const { t } = useWords();
  const { scheme, setScheme } = useScheme();
  const isDark = scheme === 'dark';
  const label = t(isDark ? 'scheme.to_light' : 'scheme.to_dark');
  return (
    <Button
      type="text"
      aria-label={label}
      title={label}
      icon={isDark ? <SunOutlined /> : <MoonOutlined />}
      onClick={() => setScheme(isDark ? 'light' : 'dark')}
    />
  );
}
