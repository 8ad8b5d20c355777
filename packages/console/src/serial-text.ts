/** The guest's serial output as text: kept, waited for, and iterated. */

export interface WaitOptions {
  /** Milliseconds. Default 30,000. */
  readonly timeout?: number;
}

export interface SerialMatch {
  /** Everything from where the search began, the end of the match before, up to the end of this match. */
  readonly text: string;
  /** What the pattern matched; for a RegExp the groups follow. */
  readonly match: readonly string[];
}

/** TIMEOUT: it did not come in time. MACHINE_ENDED: it cannot come any more. The message has the last lines of output. */
export type SerialFailure = 'TIMEOUT' | 'MACHINE_ENDED';

interface Waiter {
  /** Where in the text its search begins. */
  readonly from: number;
  readonly pattern: string | RegExp;
  readonly resolve: (match: SerialMatch) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Text that grows at the end. `waitFor` keeps a position: it searches behind the furthest match so far, so that a prompt which was
 * already seen does not count again. Several may wait at once.
 */
export class SerialText implements AsyncIterable<string> {
  #text = '';
  #position = 0;
  #ended: string | undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #wakeIterators = new Set<() => void>();
  readonly #error: (code: SerialFailure, message: string) => Error;

  /** `error` makes the errors that `waitFor` rejects with. */
  constructor(error: (code: SerialFailure, message: string) => Error) {
    this.#error = error;
  }

  /** Everything that the guest has sent, from the start. */
  get text(): string {
    return this.#text;
  }

  append(text: string): void {
    this.#text += text;
    this.#settle();
    this.#wake();
  }

  /** No more text comes; whoever still waits is told `reason`. */
  end(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#settle();
    this.#wake();
  }

  /**
   * Resolves when `pattern` appears behind the last match. A RegExp is tried on what has come so far whenever something comes, so it
   * should end in something fixed: /[0-9]+ pages/, not /[0-9]+/.
   *
   * @throws what `error` makes of TIMEOUT or MACHINE_ENDED and a message with the last lines of output.
   */
  waitFor(pattern: string | RegExp, options: WaitOptions = {}): Promise<SerialMatch> {
    const timeout = options.timeout ?? 30_000;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        waiter.reject(this.#error('TIMEOUT', this.#complaint(pattern, `did not come within ${timeout} ms`)));
      }, timeout);
      const waiter: Waiter = {
        from: this.#position,
        pattern,
        resolve: (match) => {
          clearTimeout(timer);
          resolve(match);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      this.#settle();
    });
  }

  /** Chunks as they come, from the start, until the machine ends. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    let position = 0;
    for (;;) {
      if (position < this.#text.length) {
        const chunk = this.#text.slice(position);
        position = this.#text.length;
        yield chunk;
      } else if (this.#ended !== undefined) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#wakeIterators.add(resolve));
      }
    }
  }

  #wake(): void {
    for (const wake of this.#wakeIterators) wake();
    this.#wakeIterators.clear();
  }

  #settle(): void {
    for (const waiter of [...this.#waiters]) {
      const found = find(this.#text, waiter.from, waiter.pattern);
      if (found !== undefined) {
        const end = found.index + (found.match[0]?.length ?? 0);
        this.#position = Math.max(this.#position, end);
        waiter.resolve({ text: this.#text.slice(waiter.from, end), match: found.match });
      } else if (this.#ended !== undefined) {
        const complaint = this.#complaint(waiter.pattern, `did not come: ${this.#ended}`);
        waiter.reject(this.#error('MACHINE_ENDED', complaint));
      } else {
        continue;
      }
      this.#waiters.delete(waiter);
    }
  }

  #complaint(pattern: string | RegExp, what: string): string {
    const tail = this.#text.split('\n').slice(-20).join('\n').trim();
    const shown = typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
    return `${shown} ${what}. ${tail === '' ? 'The guest sent nothing.' : `The guest's last lines:\n${tail}`}`;
  }
}

function find(text: string, from: number, pattern: string | RegExp): { index: number; match: string[] } | undefined {
  if (typeof pattern === 'string') {
    const index = text.indexOf(pattern, from);
    return index < 0 ? undefined : { index, match: [pattern] };
  }
  const searched = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`);
  searched.lastIndex = from;
  const match = searched.exec(text);
  return match === null ? undefined : { index: match.index, match: [...match] };
}
