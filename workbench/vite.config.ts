import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SERVER = process.env.ORDERGUARD_SERVER ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/workbench/',
  plugins: [react()],
  resolve: {
    alias: {
      '@api': place('src/api'),
      '@app': place('src/app'),
      '@components': place('src/components'),
      '@testing': place('src/testing'),
    },
  },
  build: {
    outDir: place('../src/orderguard/api/page/dist'),
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2_000,
    modulePreload: { polyfill: false }, // It would be a script within the page.
    assetsInlineLimit: 0, // Nothing within the page, so that the policy can forbid it.
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': SERVER, '/sign-in': SERVER, '/page': SERVER } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    restoreMocks: true,
    testTimeout: 60_000, // The first page of a file loads the whole component library.
  },
});
