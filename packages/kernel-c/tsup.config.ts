import type { Options } from 'tsup';
import { sharedBuild } from '../../tsup.shared.ts';

const config: Options = sharedBuild({
  entry: {
    index: 'src/index.ts',
    'layout/ledger': 'layout/ledger.ts',
    'layout/terminal': 'layout/terminal.ts',
  },
});
export default config;
