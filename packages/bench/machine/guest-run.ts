/** One run of the benchmark guest: how long each of its kernels took. */
import type { Command } from './engines.ts';
import { runTimed } from './timed-process.ts';

export interface KernelTime {
  readonly kernel: string;
  readonly seconds: number;
  /** How many times what the kernel repeats was done. */
  readonly repetitions: number;
  /** Hexadecimal. */
  readonly sum: string;
}

export interface GuestRun {
  readonly times: readonly KernelTime[];
  /** Undefined when all went well. */
  readonly defect: string | undefined;
}

/** Seconds for the kernels of one bit. */
const LIMIT = 300;

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
    const [word, name = '', ...fields] = line.split(' ');
    if (word === 'BEGIN') this.#current = { kernel: name, began: seconds };
    else if (word === 'END' && name === this.#current?.kernel) {
      const { sum = '', n = '' } = fieldsOf(fields);
      const seconds = this.#lineBegan - this.#current.began;
      this.times.push({ kernel: name, seconds, repetitions: Number.parseInt(n, 16), sum });
      this.#current = undefined;
    } else if (word === 'DONE') this.done = true;
  }
}

/** `name=value` each. */
function fieldsOf(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
}

export async function runGuest(command: Command, limit: number = LIMIT): Promise<GuestRun> {
  const clock = new KernelClock();
  const complaints = await runTimed({ command, limit, receive: (text, seconds) => clock.receive(text, seconds) });
  if (clock.done) return { times: clock.times, defect: undefined };
  const last = [...clock.output, ...complaints.trim().split('\n')].filter((line) => line !== '').slice(-3);
  return { times: clock.times, defect: `it did not come to its end; last: ${last.join(' | ')}` };
}
