import { defineConfig, type UserConfig } from 'vite';

/** With these the page is cross-origin isolated, so that each core of the machine has a Worker of its own. Without them all run in the page's thread. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/** Relative addresses: the files work from any path of any server. */
const config: UserConfig = defineConfig({
  base: './',
  build: { target: 'es2023' },
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
});
export default config;
