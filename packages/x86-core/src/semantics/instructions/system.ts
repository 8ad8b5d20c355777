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

/** PAUSE instructions that a core spins for before the others get their turn: a power of two. */
const SPINS = 32n;

/**
 * A core that spins waits for another: where cores take turns on one thread, its turn ends now and then. It ends here, between the release of a lock and
 * the next attempt to take it, which is where other cores must be able to get in.
 */
const pause: Definition = (m) => {
  const count = m.let(operation('i64.add', m.stateLoad(PAUSES, 32), constant(1)));
  m.stateStore(PAUSES, 32, count);
  const spun = operation('i64.eqz', operation('i64.and', count, constant(SPINS - 1n)));
  m.if(spun, () => m.leave('yield', 'next'), undefined, true);
};

export const systemDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>(
  [descriptorTables, selectors, control, bases, information, caches, waiting, images, ports, ['rsm']]
    .flat()
    .map((name): [string, Definition] => [name, (m) => m.assist()])
    .concat([['pause', pause]]),
);
