/** Modes of code by their keys: what is found out about a mode is kept by the object, and messages between threads bring new ones. */
import type { CodeSource } from '@drift-os/x86-core';

export class KnownModes {
  readonly #modes = new Map<string, CodeSource['mode']>();

  /** The source with the object that stood for its mode before. */
  withKnownMode(source: CodeSource): CodeSource {
    const { key } = source.mode;
    const known = this.#modes.get(key);
    if (known === undefined) this.#modes.set(key, source.mode);
    return { ...source, mode: known ?? source.mode };
  }
}
