/** A boot ROM that goes from the reset vector through protected mode into long mode with paging, as firmware does. */
import { expect, test } from 'vitest';
import {
  al,
  ax,
  cr0,
  cr3,
  cr4,
  ds,
  eax,
  ecx,
  edi,
  edx,
  es,
  esp,
  far,
  mem,
  mem32,
  mem64,
  r8,
  rax,
  rbx,
  rcx,
  rsp,
  ss,
} from '../../src/index.ts';
import { assemble } from './assemble.ts';
import { TestMachine } from './machine.ts';

const ORIGIN = 0xf_0000;

/** Bytes of 64-bit words. */
function words(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

const descriptors = words(0n, 0x00cf_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn, 0x00af_9b00_0000_ffffn);
const PAGES = 0x1_0000;

function rom(): { bytes: Uint8Array; long: number } {
  const { bytes, labels } = assemble(ORIGIN, 16, [
    'gdt:',
    descriptors,
    'gdtr:',
    Uint8Array.of(31, 0, 0, 0, 0x0f, 0),
    'start:',
    ['mov', ax, 0xf000],
    ['mov', ds, ax],
    ['lgdt', mem({ displacement: 32 })],
    ['mov', eax, cr0],
    ['or', al, 1],
    ['mov', cr0, eax],
    ['o32 jmp far', far(8, ORIGIN + 0x100)],
    new Uint8Array(0x100 - 32 - 6 - 5 - 5 - 3 - 2 - 3 - 8),
    32,
    'protected:',
    ['mov', eax, 16],
    ['mov', ds, eax],
    ['mov', es, eax],
    ['mov', ss, eax],
    ['mov', esp, 0x7000],
    ['call', 'clear'],
    // Identity: one large page of 2 MiB.
    ['mov', mem32(PAGES), PAGES + 0x1003],
    ['mov', mem32(PAGES + 0x1000), PAGES + 0x2003],
    ['mov', mem32(PAGES + 0x2000), 0x83],
    ['mov', eax, PAGES],
    ['mov', cr3, eax],
    ['mov', eax, cr4],
    ['or', eax, 0x20],
    ['mov', cr4, eax],
    ['mov', ecx, 0xc000_0080],
    ['rdmsr'],
    ['or', eax, 0x100],
    ['wrmsr'],
    ['mov', eax, cr0],
    ['or', eax, 0x8000_0000],
    ['mov', cr0, eax],
    ['jmp far', far(24, ORIGIN + 0x200)],
    'clear:',
    ['mov', edi, PAGES],
    ['mov', ecx, 0x3000 / 4],
    ['mov', eax, 0],
    ['cld'],
    ['rep stosd'],
    ['ret'],
  ]);
  const long = assemble(ORIGIN + 0x200, 64, [
    ['mov', rax, 0x1234_5678_9abc_def0n],
    ['mov', rsp, 0x7000],
    ['push', rax],
    ['pop', rbx],
    ['lea', r8, mem64({ base: rax, index: rbx, scale: 2 })],
    ['mov', mem64(0x5000), r8],
    ['mov', rcx, mem64(0x5000)],
    ['mov', edx, 0x3f8],
    ['mov', al, 0x4f],
    ['out', 0xe9, al],
    ['mov', al, 0x4b],
    ['out', 0xe9, al],
    ['hlt'],
  ]);
  const image = new Uint8Array(0x1_0000);
  image.set(bytes);
  image.set(long.bytes, 0x200);
  const start = labels.get('start') as number;
  image.set(assemble(0xfff0, 16, [['jmp far', far(0xf000, start - ORIGIN)]]).bytes, 0xfff0);
  expect(labels.get('protected')).toBe(ORIGIN + 0x100);
  return { bytes: image, long: ORIGIN + 0x200 };
}

test('from the reset vector to 64-bit mode', () => {
  const machine = new TestMachine();
  const { cpu, memory } = machine;
  const image = memory.mapRom(0xffff_0000, rom().bytes);
  memory.mapAlias(ORIGIN, image, false);
  expect(cpu.registers.segment('cs')).toMatchObject({ selector: 0xf000, base: 0xffff_0000n });
  expect(cpu.run(1_000_000)).toBe('halt');
  expect(machine.output).toEqual([
    [0xe9, 0x4f],
    [0xe9, 0x4b],
  ]);
  expect(cpu.registers.get('rbx')).toBe(0x1234_5678_9abc_def0n);
  expect(cpu.registers.get('rcx')).toBe((0x1234_5678_9abc_def0n * 3n) & 0xffff_ffff_ffff_ffffn);
  expect(cpu.context.efer & 0x400).toBe(0x400);
  // The large page was read and written: accessed, dirty.
  expect(machine.view.getUint32(PAGES + 0x2000, true)).toBe(0xe3);
});

test('a run of any budget ends at the same state', () => {
  const final = [1, 7, 1_000_000].map((budget) => {
    const machine = new TestMachine();
    const image = machine.memory.mapRom(0xffff_0000, rom().bytes);
    machine.memory.mapAlias(ORIGIN, image, false);
    let runs = 0;
    while (machine.cpu.run(budget) === 'budget') runs++;
    expect(runs > 0).toBe(budget < 1000);
    return [machine.cpu.registers.toString(), machine.cpu.instructions];
  });
  expect(final[1]).toEqual(final[0]);
  expect(final[2]).toEqual(final[0]);
});
