/** A second opinion: the tests of sizes-suite.ts on QEMU. */
import { describe } from 'vitest';
import { sizesSuite } from './sizes-suite.ts';
import { noQemu } from './skip.ts';

describe.skipIf(await noQemu('machines of every size'))('on QEMU', () => sizesSuite('qemu'));
