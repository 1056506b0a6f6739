// Every feature's words in this language, as one chunk: the menu needs the titles of all anyway.
import app from './zh.json';

const found = import.meta.glob<{ default: Record<string, unknown> }>(
  '../../features/*/locales/zh.json',
  { eager: true },
);

const spaces: Record<string, Record<string, unknown>> = { app };
for (const [path, module] of Object.entries(found))
  spaces[path.split('/')[3] ?? path] = module.default;

export default spaces;
