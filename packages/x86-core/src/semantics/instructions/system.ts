/** System instructions, which TypeScript carries out whole: src/system/assists.ts has them under the same mnemonic. */
import type { Definition } from './definition.ts';
import { PAUSES } from '../state.ts';
import { constant, operation } from '../value.ts';

const descriptorTables = ['lgdt', 'lidt', 'sgdt', 'sidt', 'sldt', 'str', 'lldt', 'ltr'];
const selectors = ['verr', 'verw', 'lar', 'lsl', 'arpl'];
const control = ['smsw', 'lmsw', 'clts', 'xgetbv', 'xsetbv', 'rdpkru', 'wrpkru', 'clac', 'stac'];
const bases = ['swapgs', 'rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase'];
const information = ['cpuid', 'rdmsr', 'wrmsr', 'rdtsc', 'rdtscp', 'rdpmc', 'rdpid', 'rdrand', 'rdseed'];
const caches = ['invd', 'wbinvd', 'wbnoinvd', 'invlpg', 'invpcid'];
const waiting = ['hlt', 'monitor', 'mwait', 'umonitor', 'umwait', 'tpause'];
const images = ['fxsave', 'fxrstor', 'xsave', 'xsaveopt', 'xsavec', 'xrstor'].flatMap((name) => [name, `${name}64`]);
const ports = ['in', 'out'];

/** A core that spins on PAUSE waits for another one: now and then it says so (Cpu). */
const pause: Definition = (m) => {
  const left = m.let(operation('i64.sub', m.stateLoad(PAUSES, 32), constant(1)));
  m.stateStore(PAUSES, 32, left);
  m.if(operation('i64.le_s', left, constant(0)), () => m.leave('yield', 'next'), undefined, true);
};

export const systemDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>(
  [descriptorTables, selectors, control, bases, information, caches, waiting, images, ports, ['rsm']]
    .flat()
    .map((name): [string, Definition] => [name, (m) => m.assist()])
    .concat([['pause', pause]]),
);
