/** Far jumps, calls and returns, system calls, loads of far pointers: TypeScript carries them out (src/system/assists.ts). */
import type { Definition } from './definition.ts';

const transfers = ['jmp far', 'call far', 'retf', 'iret', 'iretd', 'iretq'];
const systemCalls = ['syscall', 'sysret', 'sysretq', 'sysenter', 'sysexit', 'sysexitq'];
const pointers = ['lds', 'les', 'lfs', 'lgs', 'lss'];

export const farTransferDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>(
  [...transfers, ...systemCalls, ...pointers].map((name): [string, Definition] => [name, (m) => m.assist()]),
);
