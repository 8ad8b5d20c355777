/** A second opinion: the tests of guest-suite.ts on QEMU. */
import { findProgram, HypervisorError, qemuProgram } from '@drift-os/hypervisor';
import { describe } from 'vitest';
import { guestSuite } from './guest-suite.ts';

const missing = await findProgram(qemuProgram).then(
  () => '',
  (error: unknown) => (error instanceof HypervisorError ? error.message : String(error)),
);
if (missing !== '') console.log(`skipped: the examples on QEMU. ${missing}`);

describe.skipIf(missing !== '')('on QEMU', () => guestSuite('qemu'));
