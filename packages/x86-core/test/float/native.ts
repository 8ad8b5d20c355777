/** Instructions on the processor that the tests run on. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canCompareWithHost } from '../host-processor.ts';

/** The host can be compared with. */
export const available: boolean = canCompareWithHost('floating point against the processor');

/** Any maker's will do: additions, products and their like are the same on all of them. */
export const availableForArithmetic: boolean = canCompareWithHost('sequences of floating-point instructions', 'any');

/** Layout of a case: see native.c. */
export const CASE_BYTES: number = 1040;
export const CASE_MEMORY: number = 128;
export const CASE_RAX: number = 192;
export const CASE_RFLAGS: number = 200;
export const CASE_AREA: number = 208;
/** Offsets in an XSAVE area: SDM 1 10.5.1, 13.4. */
export const AREA_CONTROL: number = CASE_AREA + 0;
export const AREA_STATUS: number = CASE_AREA + 2;
/** A bit for each physical register that is not empty. */
export const AREA_TAGS: number = CASE_AREA + 4;
export const AREA_MXCSR: number = CASE_AREA + 24;
export const AREA_ST: number = CASE_AREA + 32;
export const AREA_XMM: number = CASE_AREA + 160;
export const AREA_HEADER: number = CASE_AREA + 512;
export const AREA_YMM_HIGH: number = CASE_AREA + 576;

/** Cases as they are after their code ran. */
export function runNatively(cases: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'drift-float-'));
  try {
    const program = join(folder, 'native');
    execFileSync('gcc', ['-O1', '-o', program, join(import.meta.dirname, 'native.c')]);
    return execFileSync(program, { input: cases, maxBuffer: 1 << 30 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
