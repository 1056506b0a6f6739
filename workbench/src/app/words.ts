// Languages and words. Chinese first; the choice is kept in the browser, not in the address.
import type { ConfigProviderProps } from 'antd';
import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';

export type Language = 'zh' | 'en';
export const LANGUAGES: readonly Language[] = ['zh', 'en'];
const KEPT_AS = 'orderguard.language';

type Words = Record<string, unknown>;
type AntLocale = NonNullable<ConfigProviderProps['locale']>;

/** The component library's own words; those of a language are there before it is changed to. */
export const ANT_LOCALES: Partial<Record<Language, AntLocale>> = {};
const ANT_LOADERS: Record<Language, () => Promise<{ default: AntLocale }>> = {
  zh: () => import('antd/locale/zh_CN'),
  en: () => import('antd/locale/en_GB'),
};
const LOADERS: Record<Language, () => Promise<{ default: Record<string, Words> }>> = {
  zh: () => import('./locales/all-zh'),
  en: () => import('./locales/all-en'),
};

export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'zh' || kept === 'en') return kept;
  return navigator.languages.some((one) => one.toLowerCase().startsWith('zh')) ||
    navigator.languages.length === 0
    ? 'zh'
    : 'en';
}

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, 'app')) return;
  const [{ default: spaces }, ant] = await Promise.all([
    LOADERS[language](),
    ANT_LOADERS[language](),
  ]);
  ANT_LOCALES[language] = ant.default;
  for (const [space, words] of Object.entries(spaces))
    i18next.addResourceBundle(language, space, words);
}

function tell(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}

export async function startWords(language: Language = preferredLanguage()): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: {},
    lng: language,
    fallbackLng: false,
    defaultNS: 'app',
    interpolation: { escapeValue: false }, // React escapes.
    react: { useSuspense: false },
  });
  await load(language);
  tell(language);
  await i18next.changeLanguage(language);
}

export async function setLanguage(language: Language): Promise<void> {
  await load(language);
  localStorage.setItem(KEPT_AS, language);
  // Whoever hears of the change may ask the server again, in the new language.
  tell(language);
  await i18next.changeLanguage(language);
}

/** Called when another language was chosen. */
export function listenToLanguage(listener: () => void): () => void {
  i18next.on('languageChanged', listener);
  return () => i18next.off('languageChanged', listener);
}

/** Words of a name space: a feature's folder, or `app`; `app:` before a key reaches the shared. */
export function useWords(space = 'app') {
  const { t, i18n } = useTranslation(space);
  return { t, language: i18n.language as Language };
}

/** What the server says in both languages. */
export function said(text: { zh: string; en: string }, language: Language): string {
  return text[language] || text.zh || text.en;
}
