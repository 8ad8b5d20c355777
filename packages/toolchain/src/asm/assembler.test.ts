import { ax, decode, ds, eax, ecx, esp, far, mem, mem32, rax, rel, rsp, si } from '@drift-os/x86-core';
import { expect, test } from 'vitest';
import type { ObjectModule } from '../object.ts';
import { Assembler } from './assembler.ts';

function text(object: ObjectModule): string {
  return [...(object.sections[0]?.bytes ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

test('a boot sector is 512 bytes with its signature, and needs no linker', () => {
  const asm = new Assembler({ name: 'sector', mode: 16 });
  asm.section('text', { address: 0x7c00 });
  asm.emit('cli').emit('xor', ax, ax).emit('mov', ds, ax).emit('mov', si, asm.ref('message'));
  asm.label('stop').emit('hlt').emit('jmp', asm.ref('stop'));
  asm.label('message').ascii('hi').bytes(0).org(510).u16(0xaa55);
  const object = asm.finish();
  expect(object.relocations).toEqual([]);
  expect(object.sections[0]?.bytes.length).toBe(512);
  expect(text(object).slice(0, 41)).toBe('fa 31 c0 8e d8 be 0b 7c f4 eb fd 68 69 00');
  expect(text(object).slice(-5)).toBe('55 aa');
});

test('jumps are short where they reach and near where they do not, in both directions', () => {
  for (const gap of [125, 126, 127, 128, 129, 300]) {
    const asm = new Assembler({ name: 'jumps' });
    asm.label('start').emit('jmp', asm.ref('end')).zeros(gap).emit('je', asm.ref('start')).label('end');
    const { bytes } = asm.finish().sections[0] as { bytes: Uint8Array };
    const forwardNear = bytes[0] === 0xe9;
    const first = forwardNear ? 5 : 2;
    const backwardNear = bytes[first + gap] === 0x0f;
    const last = backwardNear ? 6 : 2;
    expect(bytes.length).toBe(first + gap + last);
    expect(forwardNear).toBe(gap + last > 127);
    expect(backwardNear).toBe(first + gap + 2 > 128);
    const view = new DataView(bytes.buffer);
    expect(forwardNear ? view.getInt32(1, true) : view.getInt8(1)).toBe(gap + last);
    expect(backwardNear ? view.getInt32(bytes.length - 4, true) : view.getInt8(bytes.length - 1)).toBe(-bytes.length);
  }
});

test('lengthening one jump lengthens those that it pushes out of reach', () => {
  const asm = new Assembler({ name: 'chain' });
  const jumps = 40;
  for (let i = 0; i < jumps; i++)
    asm
      .label(`l${i}`)
      .emit('jmp', asm.ref(`l${Math.min(i + 60, jumps)}`))
      .zeros(1);
  asm.label(`l${jumps}`).zeros(200).label('far').emit('jmp', asm.ref('l0'));
  const object = asm.finish();
  const offsets = new Map(object.symbols.map((each) => [each.name, each.offset]));
  const { bytes } = object.sections[0] as { bytes: Uint8Array };
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < jumps; i++) {
    const at = offsets.get(`l${i}`) as number;
    const [size, distance] = bytes[at] === 0xeb ? [2, view.getInt8(at + 1)] : [5, view.getInt32(at + 1, true)];
    expect(at + size + distance).toBe(offsets.get(`l${jumps}`));
    expect(size === 2).toBe((offsets.get(`l${jumps}`) as number) - at - 2 <= 127);
  }
});

test('every jump of random programs lands on its label', () => {
  let state = 1;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let program = 0; program < 100; program++) {
    const mode = ([16, 32, 64] as const)[program % 3] as 16 | 32 | 64;
    const asm = new Assembler({ name: `random${program}`, mode });
    const count = 10 + random(60);
    const targets: number[] = [];
    for (let i = 0; i < count; i++) {
      targets.push(random(count));
      if (random(4) === 0) asm.align(1 << random(6));
      asm
        .label(`l${i}`)
        .emit(random(2) === 0 ? 'jmp' : 'jne', asm.ref(`l${targets[i]}`))
        .zeros(random(12));
    }
    const object = asm.finish();
    const offsets = new Map(object.symbols.map((each) => [each.name, each.offset]));
    const { bytes } = object.sections[0] as { bytes: Uint8Array };
    for (const [i, target] of targets.entries()) {
      const at = offsets.get(`l${i}`) as number;
      const jump = decode(mode, bytes, at);
      if (jump.kind === 'failure') throw new Error(jump.reason);
      expect(at + jump.length + Number(jump.operands[0])).toBe(offsets.get(`l${target}`));
    }
  }
});

test('mode switches: 16 to 32 to 64 bits with far jumps', () => {
  const asm = new Assembler({ name: 'modes', mode: 16 });
  asm.section('text', { address: 0x8000 });
  asm.emit('lgdt', mem({ symbol: asm.ref('pointer') })).emit('jmp far', far(8, asm.ref('protected')));
  asm.mode = 32;
  asm
    .label('protected')
    .emit('mov', esp, 0x7000)
    .emit('jmp far', far(16, asm.ref('long')));
  asm.mode = 64;
  asm.label('long').emit('mov', rsp, 0x7000).emit('ret');
  asm
    .label('pointer')
    .u16(asm.distance('pointer', 'end', -1))
    .u32(asm.ref('pointer'))
    .label('end');
  expect(text(asm.finish())).toBe(
    '0f 01 16 1e 80 ea 0a 80 08 00 bc 00 70 00 00 ea 16 80 00 00 10 00 48 c7 c4 00 70 00 00 c3 05 00 1e 80 00 00',
  );
});

test('what is not known here becomes a relocation', () => {
  const asm = new Assembler({ name: 'unit' });
  asm
    .global('start')
    .label('start', 'function')
    .emit('call', asm.ref('kernel-c.kmain'))
    .emit('jmp', asm.ref('elsewhere'));
  asm
    .emit('mov', rel(asm.ref('counter', 4), 32), 7)
    .emit('mov', rax, asm.ref('table', 0, 64))
    .emit('mov', eax, mem32({ symbol: asm.ref('table') }));
  asm.section('data').align(8).label('counter').zeros(8).label('table').u64(asm.ref('start', 3));
  const object = asm.finish();
  expect(object.relocations).toEqual([
    { section: 0, offset: 1, kind: 'rel32', symbol: 'kernel-c.kmain', addend: 0 },
    { section: 0, offset: 6, kind: 'rel32', symbol: 'elsewhere', addend: 0 },
    { section: 0, offset: 12, kind: 'rel32', symbol: 'counter', addend: 0 },
    { section: 0, offset: 22, kind: 'abs64', symbol: 'table', addend: 0 },
    { section: 0, offset: 33, kind: 'abs32s', symbol: 'table', addend: 0 },
    { section: 1, offset: 8, kind: 'abs64', symbol: 'start', addend: 3 },
  ]);
  expect(object.symbols.find((each) => each.name === 'start')).toMatchObject({
    global: true,
    kind: 'function',
    size: 37,
  });
  expect(object.functions).toMatchObject([{ name: 'start', offset: 0, size: 37 }]);
  expect(object.sections[1]).toMatchObject({ name: 'data', alignment: 8, address: undefined });
});

test('constants, distances and alignment', () => {
  const asm = new Assembler({ name: 'values' });
  asm
    .label('a')
    .emit('nop')
    .align(4)
    .label('b')
    .emit('mov', ecx, asm.ref('bytes'))
    .constant('bytes', asm.distance('a', 'b'));
  expect(text(asm.finish())).toBe('90 90 90 90 b9 04 00 00 00');
});

test('errors carry a code', () => {
  const program = (write: (asm: Assembler) => void): (() => void) => {
    return () => {
      const asm = new Assembler({ name: 'wrong' });
      write(asm);
      asm.finish();
    };
  };
  const code = (value: string): object => expect.objectContaining({ code: value });
  expect(program((asm) => asm.label('a').label('a'))).toThrow(code('DUPLICATE_LABEL'));
  expect(program((asm) => asm.global('nowhere'))).toThrow(code('UNDEFINED_LABEL'));
  expect(program((asm) => asm.u16(asm.distance('a', 'b')))).toThrow(code('UNDEFINED_LABEL'));
  expect(program((asm) => asm.zeros(10).org(9))).toThrow(code('ORG_BEHIND'));
  expect(program((asm) => asm.align(3))).toThrow(code('BAD_ALIGNMENT'));
  expect(program((asm) => asm.label('top').zeros(200).emit('loop', asm.ref('top')))).toThrow(code('OUT_OF_RANGE'));
  expect(
    program((asm) =>
      asm
        .label('top')
        .zeros(200)
        .emit('jmp', asm.ref('top', 0, 8)),
    ),
  ).toThrow(code('OUT_OF_RANGE'));
  expect(program((asm) => asm.section('text', { address: 0x10000 }).label('x').u16(asm.ref('x')))).toThrow(
    code('OUT_OF_RANGE'),
  );
  expect(program((asm) => asm.emit('mov', eax, rax))).toThrow(code('NO_FORM'));
});
