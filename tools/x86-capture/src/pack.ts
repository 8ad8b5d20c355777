/** The input of execute.c, its output, and the file of a mode. Formats: packages/x86-vectors/README.md. */
import { deflateRawSync } from 'node:zlib';
import { type Mode } from '@drift-os/x86-core';
import { MEMORY, MEMORY_BYTES } from '@drift-os/x86-vectors';
import type { Candidate } from './generate.ts';

export class Bytes {
  #bytes = new Uint8Array(1 << 16);
  length = 0;

  #reserve(bytes: number): void {
    while (this.length + bytes > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
  }

  push(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  number(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.byte((rest & 127) | 128);
    this.byte(rest);
  }

  word(value: number): void {
    this.push(Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }

  take(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Base, code and changes against the base: a vector without its output. */
export function writeInput(out: Bytes, { base, code, state }: Candidate, bases: readonly Uint8Array[]): void {
  out.byte(base);
  out.byte(code.length);
  out.push(code);
  const from = bases[base] as Uint8Array;
  const runs: [start: number, end: number][] = [];
  const words = new Int32Array(state.buffer);
  const fromWords = new Int32Array(from.buffer);
  for (let word = 0; word < words.length; word++) {
    if (words[word] === fromWords[word]) continue;
    for (let at = 4 * word; at < 4 * word + 4; at++) {
      if (from[at] === state[at]) continue;
      const last = runs.at(-1);
      if (last !== undefined && at - last[1] <= 2) last[1] = at + 1;
      else runs.push([at, at + 1]);
    }
  }
  out.number(runs.length);
  let previous = 0;
  for (const [start, end] of runs) {
    out.number(start - previous);
    out.number(end - start);
    out.push(state.subarray(start, end));
    previous = end;
  }
}

export function commonStates(bases: readonly Uint8Array[]): Uint8Array {
  const out = new Bytes();
  for (const base of bases) out.push(base.subarray(0, MEMORY));
  out.push((bases[0] as Uint8Array).subarray(MEMORY, MEMORY + MEMORY_BYTES));
  return out.take();
}

export interface RowVectors {
  readonly name: string;
  readonly count: number;
  /** The vectors one after the other, uncompressed. */
  readonly block: Uint8Array;
  readonly reason: string | undefined;
}

export function packFile(
  mode: Mode,
  processor: string,
  bases: readonly Uint8Array[],
  rows: readonly RowVectors[],
): Uint8Array {
  const blocks = new Bytes();
  const entries = rows.map(({ name, count, block, reason }): [string, (number | string)[]] => {
    const compressed = count === 0 ? new Uint8Array() : deflateRawSync(block, { level: 9 });
    const entry = [count, blocks.length, compressed.length, ...(reason === undefined ? [] : [reason])];
    blocks.push(compressed);
    return [name, entry];
  });
  const header = deflateRawSync(
    JSON.stringify({ format: 1, processor, mode, bases: bases.length, rows: Object.fromEntries(entries) }),
    { level: 9 },
  );
  const common = deflateRawSync(commonStates(bases), { level: 9 });
  const out = new Bytes();
  out.push(new TextEncoder().encode('86VC'));
  out.word(header.length);
  out.word(common.length);
  out.push(header);
  out.push(common);
  out.push(blocks.take());
  return out.take();
}
