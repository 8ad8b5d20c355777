/** A second opinion: the tests of crash-suite.ts on QEMU. */
import { describe } from 'vitest';
import { crashSuite } from './crash-suite.ts';
import { noQemu } from './skip.ts';

describe.skipIf(await noQemu('crashes of workers'))('on QEMU', () => crashSuite('qemu'));
