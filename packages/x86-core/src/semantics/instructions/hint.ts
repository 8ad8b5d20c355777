/**
 * Instructions without an effect that a program could see here: SDM 1 7.3.16, 11.4.4; caches are the host's. So is the order of memory, in which only a
 * store is overtaken by a later load of the same core: MFENCE alone has something to do (SDM 3A 9.2.5).
 */
import type { MeaningBuilder } from '../meaning-builder.ts';
import { PAUSES } from '../state.ts';
import { constant, operation } from '../value.ts';
import type { Definition } from './definition.ts';

function nothing(): void {}

/** A cache line is flushed with the rights of a load (SDM 2 CLFLUSH). */
function touch(m: MeaningBuilder): void {
  m.read(0);
}

/** A core that spins waits for another one: now and then it says so, and Cpu decides who comes next. */
function pause(m: MeaningBuilder): void {
  const left = m.let(operation('i64.sub', m.stateLoad(PAUSES, 32), constant(1)));
  m.stateStore(PAUSES, 32, left);
  m.if(operation('i64.le_s', left, constant(0)), () => m.leave('yield', 'next'), undefined, true);
}

const hints = ['nop', 'endbr32', 'endbr64', 'reservednop', 'lfence', 'sfence'];
const prefetches = ['prefetch', 'prefetchw', 'prefetchwt1', 'prefetchnta', 'prefetcht0', 'prefetcht1', 'prefetcht2'];
const flushes = ['clflush', 'clflushopt', 'clwb'];

export const hintDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['mfence', (m) => m.fence()],
  ['pause', pause],
  ...[...hints, ...prefetches].map((name): [string, Definition] => [name, nothing]),
  ...flushes.map((name): [string, Definition] => [name, touch]),
]);
