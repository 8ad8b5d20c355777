/** Functions out of a file of symbols: an ELF executable (an image's, a `vmlinux`) or the System.map of a Linux kernel. */
import { MachineError } from '../machine-error.ts';
import { elfFunctions, isElf } from './elf-symbols.ts';
import type { GuestFunction } from './symbols.ts';

/** Address, type, name; types T, t, W, w are code (nm(1)). */
const MAP_LINE = /^([0-9a-f]{8,16}) ([A-Za-z]) (\S+)/;
const CODE = 'tTwW';

/** @throws MachineError BAD_IMAGE for a file that has none */
export function readSymbols(file: Uint8Array): GuestFunction[] {
  const functions = isElf(file) ? elfFunctions(file) : mapFunctions(new TextDecoder().decode(file));
  if (functions.length > 0) return functions;
  throw new MachineError(
    'BAD_IMAGE',
    'The file of symbols names no function; it must be an ELF executable that is not stripped, or a System.map.',
  );
}

function mapFunctions(text: string): GuestFunction[] {
  const symbols = text.split('\n').flatMap((line) => {
    const [, address, type = '', name = ''] = MAP_LINE.exec(line) ?? [];
    return address === undefined ? [] : [{ address: BigInt(`0x${address}`), isCode: CODE.includes(type), name }];
  });
  return symbols.flatMap(({ address, isCode, name }, index) => {
    if (!isCode) return [];
    // A function ends where anything else begins, data too.
    const next = symbols.slice(index + 1, index + 64).find((other) => other.address > address);
    return [{ address, name, ...(next === undefined ? {} : { bytes: Number(next.address - address) }) }];
  });
}
