/** Which instructions are for the operating system alone, and the checks of it (SDM 3A 5.9). */
import type { CoreContext } from './core-context.ts';
import { generalProtection } from './cpu-fault.ts';

/** Mnemonics that are #GP(0) outside of CPL 0, whatever their operands. MOV is one where it names a control or debug register. */
export const privilegedMnemonics: ReadonlySet<string> = new Set([
  ...['lgdt', 'lidt', 'lldt', 'ltr', 'lmsw', 'clts', 'hlt', 'rdmsr', 'wrmsr', 'invlpg', 'invpcid', 'invd', 'wbinvd'],
  ...['wbnoinvd', 'swapgs', 'sysret', 'sysretq', 'sysexit', 'sysexitq', 'xsetbv', 'mov control', 'mov debug'],
]);

/** Mnemonics whose permission depends on IOPL, by CPL and in virtual-8086 mode (SDM 1 18.5.1, SDM 3A 20.2.7). */
export const ioplMnemonics: ReadonlySet<string> = new Set([
  'cli',
  'sti',
  'pushf',
  'pushfd',
  'popf',
  'popfd',
  'int',
  'iret',
  'iretd',
]);

/** Virtual-8086 mode runs at CPL 3. @throws CpuFault #GP(0) */
export function requirePrivilege(core: CoreContext): void {
  if (core.cpl !== 0) throw generalProtection();
}
