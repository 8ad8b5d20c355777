/** ESLint rules for guest code: the traps of AssemblyScript that neither asc nor tsc reports. */
import type { ESLint } from 'eslint';
import { noAtomicFence } from './atomic-fence.ts';
import { noClosures } from './closures.ts';
import { noExceptions } from './exceptions.ts';
import { noFunctionDecorators } from './function-decorators.ts';
import { noManagedAllocation } from './managed-allocation.ts';
import { noPlainSharedAccess } from './shared-memory.ts';
import { noStringData } from './string-data.ts';
import { noVirtualMethods } from './virtual-methods.ts';

/** `plugins: { drift: plugin }`; every rule is meant as an error. */
export const plugin: ESLint.Plugin = {
  meta: { name: '@drift-os/asc/eslint', namespace: 'drift' },
  rules: {
    'no-atomic-fence': noAtomicFence,
    'no-closures': noClosures,
    'no-exceptions': noExceptions,
    'no-function-decorators': noFunctionDecorators,
    'no-managed-allocation': noManagedAllocation,
    'no-plain-shared-access': noPlainSharedAccess,
    'no-string-data': noStringData,
    'no-virtual-methods': noVirtualMethods,
  } as unknown as NonNullable<ESLint.Plugin['rules']>,
};
