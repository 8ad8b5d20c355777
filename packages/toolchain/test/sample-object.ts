/** An object written out by hand, so that linker and ELF writers are tested without assembler and compiler. */
import type { ObjectModule } from '../src/object.ts';

/**
 * `sum(a, b)` = `outer(a) + table[0] + b`, written out by hand so that the writer is tested without the assembler:
 * prologue `push rbx; sub rsp, 16`, a call to an undefined symbol, a rip-relative load, an absolute address in data.
 */
const text = Uint8Array.of(
  ...[0x53, 0x48, 0x83, 0xec, 0x10], // 0: push rbx; sub rsp, 16
  ...[0x89, 0xf3], // 5: mov ebx, esi
  ...[0xe8, 0, 0, 0, 0], // 7: call outer
  ...[0x03, 0x05, 0, 0, 0, 0], // 12: add eax, [rip + table]
  ...[0x01, 0xd8], // 18: add eax, ebx
  ...[0x48, 0x83, 0xc4, 0x10], // 20: add rsp, 16
  ...[0x5b, 0xc3], // 24: pop rbx; ret
);

export const sampleObject: ObjectModule = {
  name: 'sample',
  sections: [
    { name: 'text', bytes: text, zeroBytes: 0, alignment: 16, address: undefined },
    { name: 'rodata', bytes: Uint8Array.of(40, 0, 0, 0), zeroBytes: 0, alignment: 4, address: undefined },
    { name: 'data', bytes: new Uint8Array(8), zeroBytes: 8, alignment: 8, address: undefined },
    { name: 'globals', bytes: new Uint8Array(), zeroBytes: 16, alignment: 8, address: undefined },
  ],
  symbols: [
    { name: 'sample.sum', section: 0, offset: 0, size: 26, kind: 'function', global: true },
    { name: 'table', section: 1, offset: 0, size: 4, kind: 'object', global: false },
    { name: 'pointer', section: 2, offset: 0, size: 8, kind: 'object', global: true },
  ],
  relocations: [
    { section: 0, offset: 8, kind: 'rel32', symbol: 'outer', addend: 0 },
    { section: 0, offset: 14, kind: 'rel32', symbol: 'table', addend: 0 },
    { section: 2, offset: 0, kind: 'abs64', symbol: 'table', addend: 0 },
  ],
  functions: [
    {
      section: 0,
      offset: 0,
      size: 26,
      name: 'sum',
      frameBytes: 24,
      savedRegisters: [{ dwarf: 3, belowCfa: 16 }],
      prologueBytes: 5,
    },
  ],
  files: ['assembly/sample.ts'],
  lines: [
    { section: 0, offset: 0, file: 0, line: 10, column: 1 },
    { section: 0, offset: 7, file: 0, line: 11, column: 10 },
    { section: 0, offset: 12, file: 0, line: 300, column: 3 },
    { section: 0, offset: 20, file: 0, line: 13, column: 1 },
  ],
  traps: [],
};
