import { defineConfig, type UserConfig } from 'vite';

/** Relative addresses: the files work from any path of any server. */
const config: UserConfig = defineConfig({
  base: './',
  build: { target: 'es2023' },
  worker: { format: 'es' },
});
export default config;
