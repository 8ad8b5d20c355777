/** What guest programs print with: the debug port of QEMU and Bochs. In 16-, 32- and 64-bit code; only `eax`, `ecx`, `esi` and flags are changed. */
import { al, cl, dx, eax, esi, mem8, si } from '../../src/index.ts';
import type { Program } from './program.ts';

export const DEBUG_PORT = 0xe9;
/** QEMU ends at a write to this port ... */
export const EXIT_PORT = 0xf4;
/** ... and Bochs when this word is written to that one. */
const BOCHS_PORT = 0x8900;
const BOCHS_WORD = 'Shutdown';

/** Labels of the routines for the program's present mode; emit them once for each mode. */
export function emitConsole(program: Program): void {
  const { mode } = program;
  const name = (text: string): string => `${text}${mode}`;
  // Text at CS:esi, ended by 0.
  program.label(name('print'));
  program.bytes(0x2e);
  program.emit('mov', al, mem8(mode === 16 ? si : esi));
  program.emit('test', al, al).emit('je', program.ref(name('printed'), 8));
  program
    .emit('out', DEBUG_PORT, al)
    .emit('inc', mode === 16 ? si : esi)
    .emit('jmp', program.ref(name('print'), 8));
  program.label(name('printed')).emit('ret');
  // eax in hexadecimal, behind a space.
  program.label(name('hex'));
  program.emit('mov', esi, eax).emit('mov', al, 0x20).emit('out', DEBUG_PORT, al).emit('mov', cl, 28);
  program.label(name('digit'));
  program.emit('mov', eax, esi).emit('shr', eax, cl).emit('and', eax, 15).emit('add', al, 0x30);
  program
    .emit('cmp', al, 0x3a)
    .emit('jb', program.ref(name('decimal'), 8))
    .emit('add', al, 0x27);
  program.label(name('decimal')).emit('out', DEBUG_PORT, al).emit('sub', cl, 4);
  program.emit('jns', program.ref(name('digit'), 8)).emit('ret');
  program.label(name('newline')).emit('mov', al, 10).emit('out', DEBUG_PORT, al).emit('ret');
  program.label(name('exit')).emit('mov', al, 0).emit('out', EXIT_PORT, al).emit('mov', dx, BOCHS_PORT);
  for (const character of BOCHS_WORD) program.emit('mov', al, character.charCodeAt(0)).emit('out', dx, al);
  program.emit('cli').emit('hlt');
}
