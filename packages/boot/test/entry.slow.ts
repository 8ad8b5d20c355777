/** A second opinion: the tests of entry-suite.ts on QEMU. */
import { describe } from 'vitest';
import { entrySuite } from './entry-suite.ts';
import { noQemu } from './skip.ts';

describe.skipIf(await noQemu('entries of the image'))('on QEMU', () => entrySuite('qemu'));
