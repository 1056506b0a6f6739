// Beside each built file that gains by it: what browsers take as `br` and `gzip`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const BUILT = fileURLToPath(new URL('../../src/orderguard/api/page/dist', import.meta.url));
const BYTES_MIN = 1024;
const QUALITY = 9; // 11 takes ten times as long for 4 % less.

for (const name of readdirSync(BUILT, { recursive: true, encoding: 'utf8' })) {
  if (!/\.(js|css|html|svg|json)$/.test(name)) continue;
  const path = join(BUILT, name);
  const content = readFileSync(path);
  if (content.length < BYTES_MIN) continue;
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}
