/** Reads a file of vectors: header and common states at once, each row's vectors when they are asked for. Node and browsers. */
import { applyChanges, type Change, type Cursor, readChanges } from './change.ts';
import { MEMORY, MEMORY_BYTES, STATE_BYTES } from './state.ts';

/** One instruction, executed once. */
export interface Vector {
  readonly code: Uint8Array;
  /** Which of the file's base states it starts from ... */
  readonly base: number;
  /** ... with these changes, ... */
  readonly input: readonly Change[];
  /** ... and what the processor then changed, exception included. */
  readonly output: readonly Change[];
}

export interface RowEntry {
  /** How many vectors there are. */
  readonly vectors: number;
  /** Why there are none, or why they do not show all: in words. */
  readonly reason: string | undefined;
}

/** The header, as it stands in the file as JSON. */
export interface Header {
  readonly format: 1;
  /** Model name, family, model and stepping of the processor that executed them, from /proc/cpuinfo. */
  readonly processor: string;
  /** Size of the code that the vectors are of. */
  readonly mode: 16 | 32 | 64;
  readonly bases: number;
  /** By row: vectors, offset of its block behind the common states, bytes of the block, reason. */
  readonly rows: Readonly<Record<string, readonly [vectors: number, offset: number, bytes: number, reason?: string]>>;
}

export class VectorFileError extends Error {
  readonly code: 'FORMAT' | 'ROW';
  constructor(code: VectorFileError['code'], message: string) {
    super(message);
    this.name = 'VectorFileError';
    this.code = code;
  }
}

const MAGIC = 0x4356_3638; // "86VC"

export class VectorFile {
  readonly processor: string;
  readonly mode: 16 | 32 | 64;
  /** Every row of the instruction table that exists in the mode, by name: its instruction and opcode columns. */
  readonly rows: ReadonlyMap<string, RowEntry>;
  readonly #header: Header;
  readonly #bases: readonly Uint8Array[];
  readonly #blocks: Uint8Array;

  private constructor(header: Header, bases: readonly Uint8Array[], blocks: Uint8Array) {
    this.processor = header.processor;
    this.mode = header.mode;
    this.rows = new Map(
      Object.entries(header.rows).map(([name, [vectors, , , reason]]) => [name, { vectors, reason }]),
    );
    this.#header = header;
    this.#bases = bases;
    this.#blocks = blocks;
  }

  /** @throws VectorFileError FORMAT when the bytes are no such file. */
  static async read(bytes: Uint8Array): Promise<VectorFile> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 12 || view.getUint32(0, true) !== MAGIC) {
      throw new VectorFileError(
        'FORMAT',
        'These bytes are no file of x86 vectors: pass the whole of 16.bin, 32.bin or 64.bin',
      );
    }
    const headerEnd = 12 + view.getUint32(4, true);
    const commonEnd = headerEnd + view.getUint32(8, true);
    const header = JSON.parse(new TextDecoder().decode(await inflate(bytes.subarray(12, headerEnd)))) as Header;
    const common = await inflate(bytes.subarray(headerEnd, commonEnd));
    const memory = common.subarray(header.bases * MEMORY);
    const bases = Array.from({ length: header.bases }, (_, base) => {
      const state = new Uint8Array(STATE_BYTES);
      state.set(common.subarray(base * MEMORY, (base + 1) * MEMORY));
      state.set(memory.subarray(0, MEMORY_BYTES), MEMORY);
      return state;
    });
    return new VectorFile(header, bases, bytes.subarray(commonEnd));
  }

  /** @throws VectorFileError ROW when the file has no such row. A row without vectors gives none. */
  async vectorsOf(row: string): Promise<Vector[]> {
    const entry = this.#header.rows[row];
    if (entry === undefined)
      throw new VectorFileError('ROW', `No row "${row}" in ${this.mode}-bit code; \`rows\` lists them`);
    const [count, offset, length] = entry;
    if (count === 0) return [];
    const cursor: Cursor = { bytes: await inflate(this.#blocks.subarray(offset, offset + length)), at: 0 };
    return Array.from({ length: count }, () => readVector(cursor));
  }

  /** The state that a vector starts from. @param into of STATE_BYTES; otherwise a new one is made. */
  inputOf(vector: Vector, into: Uint8Array = new Uint8Array(STATE_BYTES)): Uint8Array {
    into.set(this.#bases[vector.base] as Uint8Array);
    applyChanges(into, vector.input);
    return into;
  }

  /** The state that a vector ends in. */
  outputOf(vector: Vector, into: Uint8Array = new Uint8Array(STATE_BYTES)): Uint8Array {
    this.inputOf(vector, into);
    applyChanges(into, vector.output);
    return into;
  }
}

function readVector(cursor: Cursor): Vector {
  const base = cursor.bytes[cursor.at++] as number;
  const length = cursor.bytes[cursor.at++] as number;
  const code = cursor.bytes.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  const input = readChanges(cursor);
  const output = readChanges(cursor);
  return { code, base, input, output };
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
