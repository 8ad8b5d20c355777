import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const layouts = [
  'application-context',
  'boot-info',
  'image-directory',
  'interrupt-frame',
  'memory-map',
  'messages',
  'trampoline',
  'worker-block',
];

const config: Options = sharedBuild({
  entry: {
    index: 'src/index.ts',
    ...Object.fromEntries(layouts.map((name) => [`layout/${name}`, `layout/${name}.ts`])),
  },
});
export default config;
