/** System instructions, which TypeScript carries out whole: src/system/assists.ts has them under the same mnemonic. */
import type { Definition } from './definition.ts';

const descriptorTables = ['lgdt', 'lidt', 'sgdt', 'sidt', 'sldt', 'str', 'lldt', 'ltr'];
const selectors = ['verr', 'verw', 'lar', 'lsl', 'arpl'];
const control = ['smsw', 'lmsw', 'clts', 'xgetbv', 'xsetbv', 'rdpkru', 'wrpkru', 'clac', 'stac'];
const bases = ['swapgs', 'rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase'];
const information = ['cpuid', 'rdmsr', 'wrmsr', 'rdtsc', 'rdtscp', 'rdpmc', 'rdpid', 'rdrand', 'rdseed'];
const caches = ['invd', 'wbinvd', 'wbnoinvd', 'invlpg', 'invpcid'];
const waiting = ['hlt', 'monitor', 'mwait', 'umonitor', 'umwait', 'tpause'];
const images = ['fxsave', 'fxrstor', 'xsave', 'xsaveopt', 'xsavec', 'xrstor'].flatMap((name) => [name, `${name}64`]);
const ports = ['in', 'out'];

export const systemDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>(
  [descriptorTables, selectors, control, bases, information, caches, waiting, images, ports, ['rsm']]
    .flat()
    .map((name): [string, Definition] => [name, (m) => m.assist()]),
);
