/** A second opinion: the tests of debugger-suite.ts on QEMU. */
import { describe } from 'vitest';
import { debuggerSuite } from './debugger-suite.ts';
import { noQemu } from './skip.ts';

describe.skipIf(await noQemu('gdb on the running image'))('on QEMU', () => debuggerSuite('qemu'));
