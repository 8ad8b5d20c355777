import { FRAME_ERROR_AT, FRAME_R12_AT, FRAME_VECTOR_AT } from '@drift-os/abi/layout/interrupt-frame';
import { describe, expect, it } from 'vitest';
import { FakeMachine, Halted } from './fake-machine.ts';
import { kernelWasm } from './kernel-wasm.ts';

const MEBIBYTES = 64;
const TOP = BigInt(MEBIBYTES << 20);

/** As SeaBIOS reports 64 MiB. */
const e820 = [
  { base: 0n, length: 0x9fc00n, type: 1 },
  { base: 0x9fc00n, length: 0x400n, type: 2 },
  { base: 0xf0000n, length: 0x10000n, type: 2 },
  { base: 0x100000n, length: TOP - 0x120000n, type: 1 },
  { base: TOP - 0x20000n, length: 0x20000n, type: 2 },
];

/** Boots, types `input`, and runs until Thread/C halts with nothing to do. */
function boot(input = '', map = e820): FakeMachine {
  const machine = new FakeMachine(MEBIBYTES);
  const { exports } = new WebAssembly.Instance(kernelWasm, machine.imports());
  const kernel = exports as { _start(): void; kmain(bootInfo: number): void };
  machine.input.push(...new TextEncoder().encode(input));
  expect(() => {
    kernel._start();
    kernel.kmain(machine.bootInformation(map));
  }).toThrow(Halted);
  return machine;
}

describe('Kmain/C', () => {
  it('shows the banner and the prompt, and says what one core means', () => {
    const { serial } = boot();
    expect(serial).toMatch(/Drift .*: 1 core, 63\.4 MiB of memory\r\n/);
    expect(serial).toContain('There is no Thread/W');
    expect(serial).toMatch(/drift> $/);
  });

  it('says that it is there before it looks at the machine', () => {
    const { serial } = boot('', [{ base: 0n, length: 0x9fc00n, type: 1 }]);
    expect(serial).toMatch(/^\r\nDrift [^\r]*\r\nPANIC: /);
  });

  it('maps nothing at page 0, nothing under its stack, and its data writable but not executable', () => {
    const machine = boot();
    const entry = (address: number): bigint => walk(machine, address);
    expect(entry(0) & 1n).toBe(0n);
    expect(entry(0x20000) & 1n).toBe(0n);
    expect(entry(0x21000) & 3n).toBe(3n);
    expect(entry(0x100000) & 3n).toBe(3n);
    expect(entry(0x100000) >> 63n).toBe(1n);
    expect(entry(0xf0000) & 3n).toBe(1n);
    expect(entry(0x2000000) & 3n).toBe(3n);
    expect(entry(0x2000000) & 0x80n).toBe(0x80n);
  });

  it('says in words why it cannot go on', () => {
    const { serial } = boot('', [{ base: 0n, length: 0x9fc00n, type: 1 }]);
    expect(serial).toContain('PANIC: Thread/C cannot go on: the page ledger does not fit into the memory below 4 GiB');
    expect(serial).toContain('Drift has stopped. Restart the machine');
  });
});

describe('an exception of Thread/C', () => {
  /** Boots, takes the exception, and gives what the console says of it. */
  function panic(vector: number, error: number, cr2: bigint): string {
    const machine = new FakeMachine(MEBIBYTES);
    const { exports } = new WebAssembly.Instance(kernelWasm, machine.imports());
    const kernel = exports as { _start(): void; kmain(bootInfo: number): void; interrupt(frame: number): void };
    kernel._start();
    expect(() => kernel.kmain(machine.bootInformation(e820))).toThrow(Halted);
    const frame = 0x2f000;
    machine.view.setBigUint64(frame + FRAME_VECTOR_AT, BigInt(vector), true);
    machine.view.setBigUint64(frame + FRAME_ERROR_AT, BigInt(error), true);
    machine.view.setBigUint64(frame + FRAME_R12_AT, 0x1234n, true);
    machine.control.set(2, cr2);
    const before = machine.serial.length;
    expect(() => kernel.interrupt(frame)).toThrow(Halted);
    return machine.serial.slice(before);
  }

  it.each([
    [14, 0, 0x10n, 'PANIC: Thread/C read of unmapped memory at 0x10, in page 0, which is never mapped'],
    [
      14,
      2,
      0x20ff8n,
      'write of unmapped memory at 0x20ff8, in the guard page of a stack of Thread/C: the stack is used up',
    ],
    [14, 0x11, 0x100000n, 'execution not allowed at 0x100000, in a page of Thread/C (image: data)'],
    [14, 3, 0xfee00000n, 'write not allowed at 0xfee00000, in no RAM'],
    [8, 0, 0x20ff8n, 'double fault (#DF) by the guard page of a stack of Thread/C'],
    [13, 0x28, 0n, 'general protection fault (#GP), error code 0x28'],
    [2, 0, 0n, 'non-maskable interrupt (NMI)'],
  ])('%i with error %i at %i is told in words', (vector, error, cr2, sentence) => {
    const text = panic(vector, error, cr2);
    expect(text).toContain(sentence);
    expect(text).toContain('r12 0000000000001234');
    expect(text).toContain('Drift has stopped. Restart the machine');
  });
});

/** The entry of the page tables in CR3 that maps an address, as a CPU would find it (SDM 3A 4.5). */
function walk(machine: FakeMachine, address: number): bigint {
  let table = Number(machine.control.get(3));
  for (let level = 4; ; level--) {
    const index = Math.floor(address / 2 ** (12 + 9 * (level - 1))) % 512;
    const entry = machine.view.getBigUint64(table + index * 8, true);
    if (level === 1 || (entry & 1n) === 0n || (entry & 0x80n) !== 0n) return entry;
    table = Number(entry & 0xffffffffff000n);
  }
}
