/** A second opinion: the tests of misbehave-suite.ts on QEMU. */
import { describe } from 'vitest';
import { misbehaveSuite } from './misbehave-suite.ts';
import { noQemu } from './skip.ts';

describe.skipIf(await noQemu('applications that go wrong'))('on QEMU', () => misbehaveSuite('qemu'));
