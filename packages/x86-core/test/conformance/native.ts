/** Runs code with a state on the processor this runs on: tools/x86-capture/execute.c, whose formats are those of @drift-os/x86-vectors. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canCompareWithHost } from '../host-processor.ts';
import { MEMORY, MEMORY_BYTES, STATE_BYTES } from '@drift-os/x86-vectors';

export const nativeIsAvailable: boolean = canCompareWithHost('random code against the processor');

export interface NativeCase {
  /** At most 255 bytes, at the state's RIP. */
  readonly code: Uint8Array;
  /** All cases have the same memory. */
  readonly state: Uint8Array;
}

function number(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...number(value >>> 7)];
}

/** One base of zeros; each state is one run of changes. */
function inputOf(cases: readonly NativeCase[]): Buffer {
  const header = new Uint8Array(8);
  new DataView(header.buffer).setUint32(0, 1, true);
  new DataView(header.buffer).setUint32(4, cases.length, true);
  const memory = cases[0]?.state.subarray(MEMORY) ?? new Uint8Array(MEMORY_BYTES);
  const parts: Uint8Array[] = [header, new Uint8Array(MEMORY), memory];
  for (const { code, state } of cases) {
    parts.push(
      Uint8Array.of(0, code.length),
      code,
      Uint8Array.from([1, 0, ...number(MEMORY)]),
      state.subarray(0, MEMORY),
    );
  }
  return Buffer.concat(parts);
}

/** @returns the states after, undefined for a case that did not end */
export function runNatively(cases: readonly NativeCase[]): (Uint8Array | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'drift-native-'));
  try {
    const source = join(import.meta.dirname, '../../../../tools/x86-capture/execute.c');
    const [program, input, output] = ['execute', 'input', 'output'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    execFileSync('gcc', ['-O1', '-static', '-fno-stack-protector', '-o', program, source]);
    writeFileSync(input, inputOf(cases));
    execFileSync(program, [input, output], { stdio: 'ignore' });
    return statesOf(readFileSync(output), cases);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function statesOf(bytes: Uint8Array, cases: readonly NativeCase[]): (Uint8Array | undefined)[] {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  return cases.map(({ state }) => {
    if (bytes[at++] === 0) return undefined;
    const after = new Uint8Array(STATE_BYTES);
    after.set(state);
    let offset = 0;
    for (let runs = next(); runs > 0; runs--) {
      offset += next();
      const length = next();
      after.set(bytes.subarray(at, at + length), offset);
      at += length;
      offset += length;
    }
    return after;
  });
}
