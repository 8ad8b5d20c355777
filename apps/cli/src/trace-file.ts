/** Executed instructions as lines of a file: core, linear address, text. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { TracedInstruction } from '@drift-os/machine';
import { UsageError } from './exit-codes.ts';

/** Characters that are collected before they are written. */
const CHUNK = 1 << 20;

export class TraceFile {
  readonly #file: number;
  #pending = '';

  /** @throws UsageError where the file cannot be written */
  constructor(path: string) {
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`--trace: ${error instanceof Error ? error.message : String(error)}`, 'run');
    }
  }

  /** At once, not by a stream: the machine would run ahead of it and fill memory. */
  write({ core, address, text }: TracedInstruction): void {
    this.#pending += `${core} ${address.toString(16).padStart(16, '0')} ${text}\n`;
    if (this.#pending.length >= CHUNK) this.#flush();
  }

  #flush(): void {
    writeSync(this.#file, this.#pending);
    this.#pending = '';
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}
