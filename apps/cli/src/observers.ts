/** `drift run --gdb`, `--trace`, `--profile` and `--times`: ways to look at a machine that runs. One at a time, because each gets in the others' way. */
import type { Machine, MachineOptions } from '@drift-os/machine';
import { BootTimes } from './boot-times.ts';
import { type Arguments, readNumber } from './command-line.ts';
import { UsageError } from './exit-codes.ts';
import { jitReport } from './jit-report.ts';
import { note } from './output.ts';
import { ProfileFile } from './profile-file.ts';
import { TraceFile } from './trace-file.ts';

export class Observers implements AsyncDisposable {
  readonly #gdbPort: number | undefined;
  readonly #trace: string | undefined;
  readonly #times: BootTimes | undefined;
  readonly #profile: ProfileFile | undefined;
  #end: (() => unknown) | undefined;
  #counted: Machine | undefined;

  /** @throws UsageError */
  constructor(given: Arguments) {
    const wanted = ['gdb', 'trace', 'profile', 'times'].filter((option) => given.flag(option));
    if (wanted.length > 1) throw new UsageError(`--${wanted.join(' and --')} do not go together.`, 'run');
    this.#gdbPort = readNumber('run', 'gdb', given.value('gdb'));
    this.#trace = given.value('trace');
    this.#times = given.flag('times') ? new BootTimes() : undefined;
    this.#profile = ProfileFile.from(given);
  }

  /** The image has been read or built. */
  imageIsThere(): void {
    this.#times?.imageIsThere();
  }

  /** Whether the machine waits for somebody before its first instruction. */
  get waits(): boolean {
    return this.#gdbPort !== undefined;
  }

  /** What the machine must be for them. */
  get machineOptions(): MachineOptions {
    if (this.#trace !== undefined) return { paused: true, time: 'virtual' };
    const waits = this.#gdbPort !== undefined || this.#times !== undefined || this.#profile !== undefined;
    return waits ? { paused: true } : {};
  }

  /** The machine is composed, with this disk. It runs from here on, unless it is to wait for gdb. */
  async attach(machine: Machine, disk: string | Uint8Array | undefined): Promise<void> {
    if (this.#gdbPort !== undefined) {
      const { serveGdb } = await import('@drift-os/machine/node');
      const server = await serveGdb(machine, this.#gdbPort);
      this.#end = () => server[Symbol.asyncDispose]();
      note(`the guest waits for gdb: target remote :${server.port}, then continue.`);
      return;
    }
    if (this.#trace !== undefined) {
      const file = new TraceFile(this.#trace);
      const end = machine.trace((instruction) => file.write(instruction));
      this.#end = () => {
        end();
        file.close();
      };
    }
    this.#end ??= await this.#profile?.attach(machine, disk);
    this.#times?.attach(machine);
    if (this.#profile !== undefined || this.#times !== undefined) this.#counted = machine;
    machine.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end?.();
    if (this.#counted !== undefined) process.stderr.write(`\n${jitReport(await this.#counted.jitCounters())}`);
  }
}
