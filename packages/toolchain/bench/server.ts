/** A process that runs kernels one at a time: a line in, a line out. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Run {
  readonly nanoseconds: number;
  readonly checksum: number;
}

export class Server implements Disposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string, undefined>;
  readonly #name: string;

  constructor(program: string, args: readonly string[]) {
    this.#name = program;
    this.#process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process has ended. */
  async run(kernel: number, implementation: number, rounds: number): Promise<Run> {
    this.#process.stdin.write(`${kernel} ${implementation} ${rounds}\n`);
    const line = await this.#lines.next();
    if (line.done === true)
      throw new Error(`${this.#name} ended while it ran kernel ${kernel}, implementation ${implementation}`);
    const [nanoseconds = 0, checksum = 0] = line.value.split(' ').map(Number);
    return { nanoseconds, checksum };
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
