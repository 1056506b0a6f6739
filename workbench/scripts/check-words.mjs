// What people read stands in locale files, in both languages, and nowhere else; and no colour is
// named outside the theme. Prints each fault as FILE:LINE: message; exit 1 if there is one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = join(ROOT, 'src');
const CHINESE = /[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]/;
const COLOUR = /#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(/;
const USED = /\bt\(\s*(['"`])([^'"`$]+)\1/g;
const BEGUN = /\bt\(\s*`([^`$]+)\$\{/g;
const PLURAL = /_(zero|one|two|few|many|other)$/;
const PLACES = /\{\{\s*(\w+)[^}]*\}\}/g;
const COLOURS_ALLOWED = ['app/theme.ts'];

const faults = [];
const say = (path, line, message) =>
  faults.push(`${relative(process.cwd(), path)}:${line}: ${message}`);

function flat(tree, prefix = '') {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  );
}

function words(folder) {
  const [zh, en] = ['zh', 'en'].map((language) => {
    const path = join(folder, `${language}.json`);
    if (!existsSync(path)) say(path, 1, 'is missing');
    return new Map(existsSync(path) ? flat(JSON.parse(readFileSync(path, 'utf8'))) : []);
  });
  const names = (map) => new Set([...map.keys()].map((key) => key.replace(PLURAL, '')));
  const [inZh, inEn] = [names(zh), names(en)];
  for (const key of inZh) if (!inEn.has(key)) say(join(folder, 'en.json'), 1, `lacks \`${key}\``);
  for (const key of inEn) if (!inZh.has(key)) say(join(folder, 'zh.json'), 1, `lacks \`${key}\``);
  const places = (text) => [...text.matchAll(PLACES)].map((one) => one[1]).sort().join();
  for (const [key, text] of zh) {
    const other = en.get(key) ?? en.get(`${key.replace(PLURAL, '')}_other`);
    if (other !== undefined && places(other) !== places(text) && !PLURAL.test(key))
      say(join(folder, 'en.json'), 1, `\`${key}\` has other places than in Chinese`);
  }
  for (const [key, text] of en)
    if (CHINESE.test(text) && !key.startsWith('language.'))
      say(join(folder, 'en.json'), 1, `\`${key}\` is not English`);
  for (const [language, map] of [['zh', zh], ['en', en]])
    for (const [key, text] of map)
      if (!text.trim()) say(join(folder, `${language}.json`), 1, `\`${key}\` is empty`);
  return inZh;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).map((name) =>
  join(SOURCE, name),
);
const spaces = new Map([['app', words(join(SOURCE, 'app', 'locales'))]]);
const features = join(SOURCE, 'features');
for (const name of existsSync(features) ? readdirSync(features) : [])
  spaces.set(name, words(join(features, name, 'locales')));

/** The name spaces whose keys a file may use without naming them. */
function ownSpace(path) {
  const inner = relative(features, path);
  return inner.startsWith('..') ? 'app' : inner.split(/[\\/]/)[0];
}

for (const path of files) {
  if (!/\.(ts|tsx|css|html)$/.test(path) || basename(path) === 'schema.d.ts') continue;
  const text = readFileSync(path, 'utf8');
  const isTest = /\.test\.tsx?$/.test(path) || basename(dirname(path)) === 'testing';
  text.split('\n').forEach((line, place) => {
    if (CHINESE.test(line) && !isTest)
      say(path, place + 1, 'Chinese belongs into locales/zh.json');
    const isTheme = COLOURS_ALLOWED.includes(relative(SOURCE, path).replaceAll('\\', '/'));
    if (COLOUR.test(line) && !isTheme && !isTest)
      say(path, place + 1, 'colours are tokens of app/theme.ts');
  });
  if (isTest) continue;
  const lineOf = (index) => text.slice(0, index).split('\n').length;
  const find = (key) => {
    const [space, name] = key.includes(':') ? key.split(':') : [ownSpace(path), key];
    return [spaces.get(space) ?? new Set(), name];
  };
  for (const found of text.matchAll(USED)) {
    const [known, name] = find(found[2]);
    if (!known.has(name)) say(path, lineOf(found.index), `no text for \`${found[2]}\``);
  }
  for (const found of text.matchAll(BEGUN)) {
    const [known, name] = find(found[1]);
    if (![...known].some((key) => key.startsWith(name)))
      say(path, lineOf(found.index), `no text begins with \`${found[1]}\``);
  }
}

if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
