// Colours that say something are told apart, also by who sees fewer of them.
import { expect, test } from 'vitest';

import { coloursOf, type Colours } from './theme';

type Three = [number, number, number];
type Matrix = [Three, Three, Three];

/** How light arrives at eyes without one kind of cones (Machado, Oliveira and Fernandes, 2009). */
const EYES: Record<string, Matrix> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const OUTCOMES = [
  'outcomeConfirmed',
  'outcomeReturned',
  'outcomeStopped',
  'outcomeGood',
  'outcomeOpen',
] as const satisfies readonly (keyof Colours)[];
/** In OKLab, from black to white 1: below a twentieth two colours side by side look alike. */
const APART = 0.12;

const through = (rows: Matrix, [r, g, b]: Three) =>
  rows.map((row) => row[0] * r + row[1] * g + row[2] * b) as Three;

function light(colour: string): Three {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return parts.map((one) =>
    one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4,
  ) as Three;
}

function seen(colour: string, eyes: Matrix): Three {
  const arrived = through(eyes, light(colour)).map((one) => Math.min(1, Math.max(0, one)));
  const cones = through(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    arrived as Three,
  ).map(Math.cbrt);
  return through(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones as Three,
  );
}

const luminance = (colour: string) =>
  through([[0.2126, 0.7152, 0.0722], [0, 0, 0], [0, 0, 0]], light(colour))[0];

test.each(['light', 'dark'] as const)('outcomes are told apart in %s', (scheme) => {
  const colours = coloursOf(scheme);
  for (const [name, eyes] of Object.entries(EYES))
    for (const one of OUTCOMES)
      for (const other of OUTCOMES.slice(OUTCOMES.indexOf(one) + 1)) {
        const [a, b] = [seen(colours[one], eyes), seen(colours[other], eyes)];
        expect(Math.hypot(...a.map((part, n) => part - (b[n] ?? 0))), `${name}: ${one}, ${other}`)
          .toBeGreaterThan(APART);
      }
});

test.each(['light', 'dark'] as const)('outcomes stand out from their ground in %s', (scheme) => {
  const colours = coloursOf(scheme);
  for (const one of OUTCOMES.filter((name) => name !== 'outcomeOpen')) {
    const [low, high] = [luminance(colours[one]), luminance(colours.surface)].sort((a, b) => a - b);
    expect(((high ?? 0) + 0.05) / ((low ?? 0) + 0.05), one).toBeGreaterThan(3);
  }
});
