/** Instructions that TypeScript carries out: src/system/assists.ts has them under the same mnemonic. */
import type { Definition } from './definition.ts';

export const systemDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['cpuid', (m) => m.assist()],
  // An interrupt goes on behind it.
  ['hlt', (m) => m.leave('halt', 'next')],
]);
