/** A line on stderr while nothing else is to be seen: only on a terminal, and erased before anything else is written there. */
import type { WriteStream } from 'node:tty';

/** A boot that is done by then shows no line, in milliseconds. */
const PATIENCE = 1000;
const INTERVAL = 250;
/** To the start of the line, and nothing behind it (ECMA-48 8.3.41). */
const ERASE = '\r\x1b[K';

export class Progress implements Disposable {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'columns' | 'write'>;
  #timer: NodeJS.Timeout | undefined;
  #shown = false;

  constructor(stream: Pick<WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr) {
    this.#stream = stream;
  }

  /** For work that leaves no time to anything else, and takes long every time. */
  show(text: string): void {
    if (!this.#stream.isTTY) return;
    // A line that breaks could not be erased. Some terminals do not know their width.
    const { columns } = this.#stream;
    this.#stream.write(`${ERASE}${columns > 1 ? text.slice(0, columns - 1) : text}`);
    this.#shown = true;
  }

  /** Shows what `text` gives, again and again, when it has taken long. `seconds` that it has taken so far is given to it. */
  follow(text: (seconds: number) => string): void {
    this.end();
    if (!this.#stream.isTTY) return;
    const begun = performance.now();
    this.#timer = setInterval(() => {
      const taken = performance.now() - begun;
      if (taken >= PATIENCE) this.show(text(taken / 1000));
    }, INTERVAL);
    this.#timer.unref();
  }

  /** There is something else to be seen: no line any more. */
  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#shown) this.#stream.write(ERASE);
    this.#shown = false;
  }

  [Symbol.dispose](): void {
    this.end();
  }
}
