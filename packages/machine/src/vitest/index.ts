/** For tests with vitest: machines that are ended with their test, and expectations of what a guest prints that show the guest when they fail. */
import { expect, test, type TestAPI } from 'vitest';
import { createMachine } from '../create-machine.ts';
import type { Machine } from '../machine.ts';
import type { MachineOptions } from '../options.ts';
import { type PrintOptions, toPrintOnSerial } from './to-print-on-serial.ts';

export { describeMachine } from './describe-machine.ts';
export type { PrintOptions } from './to-print-on-serial.ts';

declare module 'vitest' {
  // The type parameters are vitest's, and must be named to be merged.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /**
     * Of a machine: prints this behind what was matched before, on COM1. With `not`: does not print it within the timeout. Await it.
     * When it fails, the message has the end of the serial log, the screen and the registers.
     */
    toPrintOnSerial(pattern: string | RegExp, options?: PrintOptions): Promise<void>;
  }
}

expect.extend({ toPrintOnSerial });

export interface MachineTestOptions {
  /** The machine is a test's when it has printed this on COM1. Default: when it is created. */
  readonly ready?: string | RegExp;
}

/** A `test` whose context has a machine of its own, ended with the test. `options` may be made when the test begins. */
export function machineTest(
  options: MachineOptions | (() => MachineOptions | Promise<MachineOptions>),
  { ready }: MachineTestOptions = {},
): TestAPI<{ machine: Machine }> {
  return test.extend<{ machine: Machine }>({
    // Vitest reads from the pattern which other fixtures this one needs: none.
    // eslint-disable-next-line no-empty-pattern
    machine: async ({}, use) => {
      await using machine = await createMachine(typeof options === 'function' ? await options() : options);
      if (ready !== undefined) await expect(machine).toPrintOnSerial(ready);
      await use(machine);
    },
  });
}
