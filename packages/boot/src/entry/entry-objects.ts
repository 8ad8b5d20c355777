/** The hand-written part of an image as objects for the linker. */
import { Assembler, type ObjectModule } from '@drift-os/toolchain';
import { emitControlEntry } from './control-entry.ts';
import { emitGate } from './gate.ts';
import { emitInterruptStubs } from './interrupt-stubs.ts';
import { assembleTrampoline } from './trampoline.ts';
import { emitWorkerEntry } from './worker-entry.ts';

/** Symbols that LinkOptions.entries wants. */
export const ENTRIES = {
  start: '_startC',
  interruptStubs: 'interruptStubs',
  workerStubs: 'workerStubs',
  workerEntry: 'workerEntry',
  trampoline: 'trampoline',
  trampolineEnd: 'trampoline.end',
} as const;

/** `entry` and `gate`. The kernels' objects tell whether they have a start function to be called. */
export function entryObjects(kernelC: ObjectModule, kernelW: ObjectModule): ObjectModule[] {
  const entry = new Assembler({ name: 'entry' });
  emitControlEntry(entry, defines(kernelC, 'kernel-c._start'));
  emitInterruptStubs(entry);
  emitWorkerEntry(entry, defines(kernelW, 'kernel-w._start'));
  entry.section('rodata').align(16).label('trampoline', 'object').bytes(assembleTrampoline()).label('trampoline.end');
  entry.global('trampoline', 'trampoline.end');
  const gate = new Assembler({ name: 'gate' });
  emitGate(gate);
  return [entry.finish(), gate.finish()];
}

function defines(object: ObjectModule, symbol: string): boolean {
  return object.symbols.some(({ name, global }) => global && name === symbol);
}
