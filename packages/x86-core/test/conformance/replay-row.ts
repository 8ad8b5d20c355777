/** Replays the vectors of rows on a subject. */
import { readFile } from 'node:fs/promises';
import { STATE_BYTES, type Vector, VectorFile, vectorUrl } from '@drift-os/x86-vectors';
import { decode, formatInstruction, type Mode, type Row } from '../../src/index.ts';
import { type Difference, differences } from './compare.ts';
import type { Subject } from './subject.ts';

export interface Failure {
  readonly vector: Vector;
  readonly input: Uint8Array;
  readonly found: readonly Difference[];
}

export interface RowResult {
  readonly row: Row;
  readonly mode: Mode;
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** Not promised by CPUID, or every vector gives #UD: the instruction has no meaning. */
  readonly unsupported: boolean;
}

const files = new Map<Mode, Promise<VectorFile>>();

export function vectorFile(mode: Mode): Promise<VectorFile> {
  const open = files.get(mode) ?? readFile(vectorUrl(mode)).then((bytes) => VectorFile.read(bytes));
  files.set(mode, open);
  return open;
}

/** The name of a row in the vectors: its instruction and opcode columns. */
export function rowName(row: Row): string {
  const [instruction = '', , opcode = ''] = row.text.split('|').map((column) => column.trim().replace(/ +/g, ' '));
  return `${instruction} | ${opcode}`;
}

const [expected, got] = [new Uint8Array(STATE_BYTES), new Uint8Array(STATE_BYTES)];

/** #UD where the processor raised something else, or nothing. */
function isUnknown({ found }: Failure): boolean {
  return found.some(({ place, got }) => place === 'exception' && got === '07');
}

/** @param limit of vectors, evenly chosen. */
export async function replayRow(
  subject: Subject,
  mode: Mode,
  row: Row,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<RowResult> {
  if (!subject.offers(row)) return { row, mode, passed: 0, failures: [], unsupported: true };
  const file = await vectorFile(mode);
  const all = await file.vectorsOf(rowName(row));
  const step = Math.max(1, Math.ceil(all.length / limit));
  const failures: Failure[] = [];
  let passed = 0;
  for (let index = 0; index < all.length; index += step) {
    const vector = all[index] as Vector;
    const input = file.inputOf(vector);
    subject.load(input, vector.code, true);
    subject.execute();
    file.outputOf(vector, expected);
    subject.save(got);
    const found = differences(row, expected, got);
    if (found.length === 0) passed++;
    else failures.push({ vector, input, found });
  }
  const unsupported = passed === 0 && failures.length > 0 && failures.every(isUnknown);
  return { row, mode, passed, failures, unsupported };
}

export function textOf(mode: Mode, code: Uint8Array): string {
  const decoded = decode(mode, code);
  return decoded.kind === 'instruction' ? formatInstruction(decoded) : `(${decoded.reason})`;
}
