// Every colour of the workbench. Styles use `var(--og-…)`, charts `useColours()`.
import { theme, type ThemeConfig } from 'antd';
import { createContext, useContext } from 'react';

export type Scheme = 'light' | 'dark';
const KEPT_AS = 'orderguard.scheme';

export interface Colours {
  ground: string;
  surface: string;
  raised: string;
  line: string;
  ink: string;
  inkSoft: string;
  accent: string;
  /** Of what the mouse is over: never paler on its ground than the accent. */
  accentHover: string;
  accentGround: string;
  critical: string;
  criticalGround: string;
  high: string;
  highGround: string;
  medium: string;
  mediumGround: string;
  low: string;
  lowGround: string;
  info: string;
  infoGround: string;
  good: string;
  goodGround: string;
  band: string;
  /** What became of orders: the colour-blind tell these apart too. */
  outcomeConfirmed: string;
  outcomeReturned: string;
  outcomeStopped: string;
  outcomeGood: string;
  outcomeOpen: string;
  series: readonly string[];
}

const LIGHT: Colours = {
  ground: '#f3f5f7',
  surface: '#ffffff',
  raised: '#f7f9fa',
  line: '#dde3e8',
  ink: '#17222b',
  inkSoft: '#566470',
  accent: '#0b63b0',
  accentHover: '#084f8f',
  accentGround: '#e7f1fa',
  critical: '#b3152b',
  criticalGround: '#fdebed',
  high: '#a8420b',
  highGround: '#fdefe4',
  medium: '#7d5a00',
  mediumGround: '#faf2d8',
  low: '#1d6478',
  lowGround: '#e5f3f6',
  info: '#566470',
  infoGround: '#eef1f4',
  good: '#1b6b3f',
  goodGround: '#e6f4ec',
  band: '#c4d7e8',
  outcomeConfirmed: '#8f1c30',
  outcomeReturned: '#d17a08',
  outcomeStopped: '#5457b8',
  outcomeGood: '#35a08a',
  outcomeOpen: '#b9c9d6',
  series: ['#0b63b0', '#b0670b', '#1b7d64', '#8a3fa3', '#b3364f', '#5b6b1f', '#3f5fc4', '#6f6a63'],
};

const DARK: Colours = {
  ground: '#0e1419',
  surface: '#161e25',
  raised: '#1d272f',
  line: '#2c3943',
  ink: '#e4eaef',
  inkSoft: '#9fadb8',
  accent: '#62aef0',
  accentHover: '#8cc5f7',
  accentGround: '#15304a',
  critical: '#ff8290',
  criticalGround: '#43161d',
  high: '#f7a26b',
  highGround: '#42250f',
  medium: '#e3c15a',
  mediumGround: '#39300f',
  low: '#71c4d8',
  lowGround: '#12333c',
  info: '#9fadb8',
  infoGround: '#263039',
  good: '#6fcf97',
  goodGround: '#12351f',
  band: '#2f4a63',
  outcomeConfirmed: '#e8625c',
  outcomeReturned: '#f4bb38',
  outcomeStopped: '#6a92ec',
  outcomeGood: '#86e8cc',
  outcomeOpen: '#45525f',
  series: ['#62aef0', '#e2a251', '#5cc7a7', '#c391d8', '#f08399', '#b3c35e', '#93a8f5', '#b5aea4'],
};

export function coloursOf(scheme: Scheme): Colours {
  return scheme === 'dark' ? DARK : LIGHT;
}

export const FONT =
  '-apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

export function themeOf(scheme: Scheme): ThemeConfig {
  const colours = coloursOf(scheme);
  return {
    algorithm: [
      scheme === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm,
      theme.compactAlgorithm,
    ],
    token: {
      colorPrimary: colours.accent,
      colorPrimaryHover: colours.accentHover,
      colorLink: colours.accent,
      colorLinkHover: colours.accentHover,
      colorError: colours.critical,
      colorWarning: colours.medium,
      colorSuccess: colours.good,
      colorErrorBg: colours.criticalGround,
      colorWarningBg: colours.mediumGround,
      colorSuccessBg: colours.goodGround,
      colorInfoBg: colours.accentGround,
      colorBgLayout: colours.ground,
      colorBgContainer: colours.surface,
      colorBgElevated: colours.surface,
      colorBorder: scheme === 'dark' ? '#566470' : '#8a97a3',
      colorBorderSecondary: colours.line,
      colorText: colours.ink,
      colorTextSecondary: colours.inkSoft,
      colorTextTertiary: colours.inkSoft,
      colorTextDescription: colours.inkSoft,
      colorTextPlaceholder: colours.inkSoft,
      colorTextLightSolid: scheme === 'dark' ? '#0e1419' : '#ffffff',
      fontFamily: FONT,
      fontSize: 15, // The compact algorithm takes the next smaller one: 13.
      borderRadius: 4,
      motionDurationMid: '0.1s',
      motionDurationSlow: '0.15s',
    },
    components: {
      Layout: {
        siderBg: colours.surface,
        headerBg: colours.surface,
        bodyBg: colours.ground,
        headerHeight: 48,
        headerPadding: '0 16px',
      },
      Menu: {
        itemBg: 'transparent',
        itemHeight: 36,
        itemSelectedBg: colours.accentGround,
        itemSelectedColor: colours.accent,
      },
      Table: { headerBg: colours.raised, cellPaddingBlockSM: 5, cellPaddingInlineSM: 8 },
      Tooltip: { colorBgSpotlight: colours.ink, colorTextLightSolid: colours.surface },
    },
  };
}

/** The same colours for style sheets: `inkSoft` is `--og-ink-soft`. */
export function cssVariables(scheme: Scheme): Record<string, string> {
  const named = Object.entries(coloursOf(scheme)).flatMap(([name, value]) => {
    const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return typeof value === 'string'
      ? [[`--og-${words}`, value]]
      : (value as string[]).map((one, place) => [`--og-${words}-${place + 1}`, one]);
  });
  return Object.fromEntries(named) as Record<string, string>;
}

export interface SchemeChoice {
  scheme: Scheme;
  setScheme: (scheme: Scheme) => void;
}

export const SchemeContext = createContext<SchemeChoice>({
  scheme: 'light',
  setScheme: () => undefined,
});

export function useScheme(): SchemeChoice {
  return useContext(SchemeContext);
}

export function useColours(): Colours {
  return coloursOf(useContext(SchemeContext).scheme);
}

export function preferredScheme(): Scheme {
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function keepScheme(scheme: Scheme): void {
  localStorage.setItem(KEPT_AS, scheme);
}
