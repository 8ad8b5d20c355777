/** Machine code as text: addresses, bytes, instructions; what the assembler reads back. */
import { decode, formatInstruction, type Mode } from '@drift-os/x86-core';

export interface DisassembleOptions {
  /** Code size. Default 64. */
  readonly mode?: Mode;
  /** Address of the first byte. Default 0. */
  readonly address?: bigint;
  /** Names of addresses: they head the instructions there, and stand for targets of jumps. */
  readonly names?: ReadonlyMap<bigint, string>;
  /** What else is known of the bytes from `offset` to `offset + length`, such as relocations: a comment. */
  readonly comment?: (offset: number, length: number) => string | undefined;
}

const BYTES_SHOWN = 8;

/** One line per instruction, `address  bytes  text`; bytes that are none are shown as `db`. */
export function* disassemble(bytes: Uint8Array, options: DisassembleOptions = {}): Generator<string, void> {
  const { mode = 64, address = 0n, names, comment } = options;
  const digits = (address + BigInt(bytes.length)).toString(16).length;
  for (let offset = 0; offset < bytes.length; ) {
    const here = address + BigInt(offset);
    const name = names?.get(here);
    if (name !== undefined) yield `${name}:`;
    const decoded = decode(mode, bytes, offset);
    const length = decoded.kind === 'instruction' ? decoded.length : 1;
    const text =
      decoded.kind === 'instruction'
        ? formatInstruction(decoded, { address: here, nameOf: (target) => names?.get(target) })
        : `db 0x${(bytes[offset] as number).toString(16)}`;
    const note = comment?.(offset, length);
    const shown = hex(bytes.subarray(offset, offset + Math.min(length, BYTES_SHOWN)));
    const line = `${here.toString(16).padStart(digits)}  ${shown.padEnd(3 * BYTES_SHOWN)} ${text}`;
    yield note === undefined ? line : `${line}  ; ${note}`;
    if (length > BYTES_SHOWN)
      yield `${' '.repeat(digits)}  ${hex(bytes.subarray(offset + BYTES_SHOWN, offset + length))}`;
    offset += length;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
