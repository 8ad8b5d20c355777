/** Writes the image directory, the tables that Thread/C reads about its own image: format in `@drift-os/abi/layout/image-directory`. */
import * as layout from '@drift-os/abi/layout/image-directory';
import { ByteWriter } from '../elf/byte-writer.ts';
import { LinkError } from './link-error.ts';
import type { PlacedObject } from './linked-image.ts';

/** A MODULE_* record; addresses are 0 for what a module lacks. */
export interface DirectoryModule {
  readonly name: string;
  readonly kind: number;
  readonly globals: number;
  readonly globalsBytes: number;
  readonly data: number;
  readonly dataBytes: number;
  readonly dataInitial: number;
  readonly dataInitialBytes: number;
  readonly start: number;
  readonly init: number;
  readonly poll: number;
  readonly message: number;
  readonly stop: number;
  readonly stackBytes: number;
  readonly interfaceHash: bigint;
}

export interface DirectorySegment {
  readonly name: string;
  readonly address: number;
  readonly bytes: number;
  readonly flags: number;
}

export interface DirectoryContents {
  readonly buildName: string;
  readonly configuration: string;
  readonly modules: readonly DirectoryModule[];
  /** The last is the one that holds the directory; its `bytes` are filled in here. */
  readonly segments: readonly DirectorySegment[];
  readonly objects: readonly PlacedObject[];
  readonly interruptStubs: number;
  readonly workerStubs: number;
  readonly workerEntry: number;
  readonly trampoline: number;
  readonly trampolineBytes: number;
  readonly controlStack: number;
  readonly controlStackBytes: number;
}

/** Strings of the directory: each once, u32 length in front, 4-byte aligned. */
class StringPool {
  readonly #out = new ByteWriter();
  readonly #offsets = new Map<string, number>();

  /** Offset in the pool. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const at = this.#out.length;
    const bytes = new TextEncoder().encode(text);
    this.#out.u32(bytes.length);
    this.#out.raw(bytes);
    this.#out.align(4);
    this.#offsets.set(text, at);
    return at;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }
}

/**
 * The directory and its tables as one block that starts at `address`.
 *
 * @throws LinkError DIRECTORY_LIMIT
 */
export function writeDirectory(address: number, contents: DirectoryContents): Uint8Array {
  const { modules, segments, objects } = contents;
  const functions = functionRecords(objects);
  const { files, lines } = lineRecords(objects);
  const traps = trapRecords(objects);

  const modulesAt = address + layout.DIRECTORY_BYTES;
  const segmentsAt = modulesAt + modules.length * layout.MODULE_BYTES;
  const functionsAt = segmentsAt + segments.length * layout.SEGMENT_BYTES;
  const linesAt = functionsAt + functions.length * layout.FUNCTION_BYTES;
  const filesAt = linesAt + lines.length * layout.LINE_BYTES;
  const trapsAt = filesAt + files.length * 4;
  const stringsAt = trapsAt + traps.length * layout.TRAP_BYTES;
  const pool = new StringPool();
  const string = (text: string) => stringsAt + pool.add(text);

  const out = new ByteWriter();
  const { buildName, configuration } = contents;
  out.u32(layout.IMAGE_DIRECTORY_MAGIC);
  out.u32(layout.IMAGE_DIRECTORY_VERSION);
  out.u32(string(buildName));
  for (const [count, at] of [
    [modules.length, modulesAt],
    [segments.length, segmentsAt],
    [functions.length, functionsAt],
    [lines.length, linesAt],
    [files.length, filesAt],
  ] as const) {
    out.u32(count);
    out.u32(at);
  }
  out.u32(contents.interruptStubs);
  out.u32(contents.workerEntry);
  out.u32(contents.trampoline);
  out.u32(contents.trampolineBytes);
  out.u32(string(configuration));
  out.u32(contents.workerStubs);
  out.u32(contents.controlStack);
  out.u32(contents.controlStackBytes);
  out.u32(traps.length);
  out.u32(trapsAt);
  out.u32(0);

  for (const module of modules) writeModule(out, module, string(module.name));
  const rodataBytesAt = out.length + (segments.length - 1) * layout.SEGMENT_BYTES + layout.SEGMENT_BYTES_AT;
  for (const segment of segments) {
    out.u32(segment.address);
    out.u32(segment.bytes);
    out.u32(segment.flags);
    out.u32(string(segment.name));
  }
  for (const { at, size, name, frameBytes } of functions) {
    out.u32(at);
    out.u32(size);
    out.u32(string(name));
    out.u32(frameBytes);
  }
  for (const { at, fileAndLine } of lines) {
    out.u32(at);
    out.u32(fileAndLine);
  }
  for (const file of files) out.u32(string(file));
  for (const { at, reason } of traps) {
    out.u32(at);
    out.u32(string(reason));
  }
  out.raw(pool.finish());
  const own = segments.at(-1);
  if (own !== undefined) out.patchU32(rodataBytesAt, address + out.length - own.address);
  return out.finish();
}

function writeModule(out: ByteWriter, module: DirectoryModule, name: number): void {
  out.u32(name);
  out.u32(module.kind);
  out.u32(module.globals);
  out.u32(module.globalsBytes);
  out.u32(module.data);
  out.u32(module.dataBytes);
  out.u32(module.dataInitial);
  out.u32(module.dataInitialBytes);
  out.u32(module.start);
  out.u32(module.init);
  out.u32(module.poll);
  out.u32(module.message);
  out.u32(module.stop);
  out.u32(module.stackBytes);
  out.u64(module.interfaceHash);
}

interface FunctionEntry {
  readonly at: number;
  readonly size: number;
  readonly name: string;
  readonly frameBytes: number;
}

function functionRecords(objects: readonly PlacedObject[]): FunctionEntry[] {
  return objects
    .flatMap(({ object, addresses }) =>
      object.functions.map(({ section, offset, size, name, frameBytes }) => ({
        at: (addresses[section] ?? 0) + offset,
        size,
        name,
        frameBytes: frameBytes ?? layout.FRAME_UNKNOWN >>> 0,
      })),
    )
    .sort((a, b) => a.at - b.at);
}

interface LineEntry {
  readonly at: number;
  readonly fileAndLine: number;
}

/** Without columns; consecutive records of one line become one, and each section's lines end with a record of line 0. */
function lineRecords(objects: readonly PlacedObject[]): { files: string[]; lines: LineEntry[] } {
  const files: string[] = [];
  const fileIndex = new Map<string, number>();
  const sequences: LineEntry[][] = [];
  for (const { object, addresses } of objects) {
    for (const [index, section] of object.sections.entries()) {
      const records = object.lines.filter((line) => line.section === index).sort((a, b) => a.offset - b.offset);
      if (records.length === 0) continue;
      const start = addresses[index] ?? 0;
      const entries: LineEntry[] = [];
      for (const { offset, file, line } of records) {
        const path = object.files[file] ?? '';
        const known = fileIndex.get(path) ?? files.push(path) - 1;
        fileIndex.set(path, known);
        if (known > 0xfff || line > layout.LINE_MASK) {
          throw new LinkError('DIRECTORY_LIMIT', `${path}:${line}: the directory numbers 4096 files and 1048575 lines`);
        }
        const entry = { at: start + offset, fileAndLine: ((known << layout.LINE_FILE_SHIFT) | line) >>> 0 };
        const last = entries.at(-1);
        if (last?.at === entry.at) entries[entries.length - 1] = entry;
        else if (last?.fileAndLine !== entry.fileAndLine) entries.push(entry);
      }
      entries.push({ at: start + section.bytes.length, fileAndLine: 0 });
      sequences.push(entries);
    }
  }
  sequences.sort((a, b) => (a[0]?.at ?? 0) - (b[0]?.at ?? 0));
  return { files, lines: sequences.flat() };
}

function trapRecords(objects: readonly PlacedObject[]): { at: number; reason: string }[] {
  return objects
    .flatMap(({ object, addresses }) =>
      object.traps.map(({ section, offset, reason }) => ({ at: (addresses[section] ?? 0) + offset, reason })),
    )
    .sort((a, b) => a.at - b.at);
}
