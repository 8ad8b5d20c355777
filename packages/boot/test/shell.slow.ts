/** A second opinion: the tests of shell-suite.ts on QEMU. */
import { describe } from 'vitest';
import { shellSuite } from './shell-suite.ts';
import { noQemu } from './skip.ts';

describe.skipIf(await noQemu('the shell in the guest'))('on QEMU', () => shellSuite('qemu'));
