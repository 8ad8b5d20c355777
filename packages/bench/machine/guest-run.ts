/** One run of the benchmark guest: how long each of its kernels took. */
import type { Command } from './engines.ts';
import { runTimed } from './timed-process.ts';

export interface KernelTime {
  readonly kernel: string;
  readonly seconds: number;
  /** Hexadecimal. */
  readonly sum: string;
}

export interface GuestRun {
  readonly times: readonly KernelTime[];
  /** Undefined when all went well. */
  readonly defect: string | undefined;
}

/** Seconds for all kernels on an interpreter. */
const LIMIT = 1800;

/** Takes the times between the end of the line BEGIN and the first character of the line END. */
export class KernelClock {
  readonly times: KernelTime[] = [];
  readonly output: string[] = [];
  done = false;
  #line = '';
  #lineBegan = 0;
  #current: { readonly kernel: string; readonly began: number } | undefined;

  receive(text: string, seconds: number): boolean {
    for (const character of text) {
      if (this.#line === '') this.#lineBegan = seconds;
      if (character === '\n') this.#endLine(seconds);
      else this.#line += character;
    }
    return this.done;
  }

  #endLine(seconds: number): void {
    const line = this.#line;
    this.#line = '';
    this.output.push(line);
    const [word, name = '', rest = ''] = line.split(' ');
    if (word === 'BEGIN') this.#current = { kernel: name, began: seconds };
    else if (word === 'END' && name === this.#current?.kernel) {
      const sum = rest.replace('sum=', '');
      this.times.push({ kernel: name, seconds: this.#lineBegan - this.#current.began, sum });
      this.#current = undefined;
    } else if (word === 'DONE') this.done = true;
  }
}

export async function runGuest(command: Command, limit: number = LIMIT): Promise<GuestRun> {
  const clock = new KernelClock();
  const complaints = await runTimed({ command, limit, receive: (text, seconds) => clock.receive(text, seconds) });
  if (clock.done) return { times: clock.times, defect: undefined };
  const last = [...clock.output, ...complaints.trim().split('\n')].filter((line) => line !== '').slice(-3);
  return { times: clock.times, defect: `it did not come to its end; last: ${last.join(' | ')}` };
}
