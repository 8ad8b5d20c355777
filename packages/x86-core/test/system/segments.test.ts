/** Loads of segment registers in every mode, with the exception and error code of each refusal (SDM 2 MOV; SDM 3A 5.6, 5.7). */
import { describe, expect, test } from 'vitest';
import { ax, ds, eax, es, mem, mem16, mem32, ss } from '../../src/index.ts';
import { Segment } from '../../src/system/index.ts';
import { delivered, GDT, level, longCore, protectedCore, Selector } from './environment.ts';
import { PlainCore } from './plain-core.ts';

describe('protected mode', () => {
  test.each([
    ['a selector outside of the GDT', 0x1000, '#13(1000h)'],
    ['a system descriptor', Selector.tss, '#13(28h)'],
    ['code that cannot be read', Selector.executeOnly, '#13(a8h)'],
    ['a segment that is not present', Selector.absentData, '#11(70h)'],
    ['a selector in the LDT that there is none of', 0xc, '#13(ch)'],
  ])('DS does not take %s', (_, selector, expected) => {
    const core = protectedCore();
    core.gpr[0] = BigInt(selector);
    core.do(32, 'mov', ds, ax);
    expect(delivered(core)).toBe(expected);
    expect(core.segment(Segment.ds).selector).toBe(Selector.data0);
  });

  test('a null selector makes DS unusable: the next access is #GP(0)', () => {
    const core = protectedCore();
    core.gpr[0] = 3n;
    core.do(32, 'mov', ds, ax);
    expect(core.segment(Segment.ds).selector).toBe(3);
    core.do(32, 'lgdt', mem32(0x100));
    expect(delivered(core)).toBe('#13(0h)');
  });

  test('data of an inner level is refused by CPL and by RPL', () => {
    const core = protectedCore();
    core.gpr[0] = BigInt(Selector.data0 | 3);
    core.do(32, 'mov', es, ax);
    expect(delivered(core)).toBe('#13(10h)');
    const outer = protectedCore();
    level(outer, 3);
    outer.gpr[0] = BigInt(Selector.data0);
    outer.do(32, 'mov', es, ax);
    expect(delivered(outer)).toBe('#13(10h)');
  });

  test('conforming code may be read from every level', () => {
    const core = protectedCore();
    level(core, 3);
    core.gpr[0] = BigInt(Selector.conforming0 | 3);
    expect(core.do(32, 'mov', es, ax)).toBe(true);
  });

  test.each([
    ['null', 0, '#13(0h)'],
    ['read-only data', Selector.readOnly, '#13(80h)'],
    ['data of another level', Selector.data3, '#13(20h)'],
    ['a segment that is not present', Selector.absentStack, '#12(78h)'],
  ])('SS does not take %s', (_, selector, expected) => {
    const core = protectedCore();
    core.gpr[0] = BigInt(selector);
    core.do(32, 'mov', ss, ax);
    expect(delivered(core)).toBe(expected);
  });

  test('the accessed flag is set in the descriptor', () => {
    const core = protectedCore();
    core.gpr[0] = BigInt(Selector.data3 | 3);
    core.do(32, 'mov', es, ax);
    expect(core.peek(GDT + Selector.data3 + 5, 1)).toBe(0xf3);
    expect(core.segment(Segment.es)).toEqual({
      selector: Selector.data3 | 3,
      base: 0n,
      limit: 0xffff_ffff,
      attributes: 0xc0f3,
    });
  });

  test('POP SS moves the stack pointer, and holds interrupts and debug exceptions back', () => {
    const core = protectedCore();
    core.gpr[4] = 0x7000n;
    core.poke(0x7000, BigInt(Selector.data0), 4);
    core.do(32, 'pop', ss);
    expect(core.gpr[4]).toBe(0x7004n);
    expect(core.inhibited).toBe(true);
    expect(core.system.debugInhibited).toBe(true);
  });

  test('LES loads both halves of a far pointer', () => {
    const core = protectedCore();
    core.poke(0x600, 0x1234_5678n, 4);
    core.poke(0x604, BigInt(Selector.data3), 2);
    core.do(32, 'les', eax, mem({ displacement: 0x600 }));
    expect(core.gpr[0]).toBe(0x1234_5678n);
    expect(core.segment(Segment.es).selector).toBe(Selector.data3);
  });
});

test('real mode computes the base and keeps the limit', () => {
  const core = new PlainCore();
  core.setSegment(Segment.es, { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: 0x8093 });
  core.gpr[0] = 0x1234n;
  core.do(16, 'mov', es, ax);
  const { base, limit, selector } = core.segment(Segment.es);
  expect({ base, limit, selector }).toEqual({ base: 0x12340n, limit: 0xffff_ffff, selector: 0x1234 });
});

test('real mode refuses an operand beyond the limit with vector 13 and no error code', () => {
  const core = new PlainCore();
  core.idtr = { base: 0n, limit: 0x3ff };
  core.poke(13 * 4, 0x0050_0010n, 4);
  core.gpr[4] = 0x1000n;
  core.rip = 0x200n;
  core.do(16, 'mov', es, mem16({ displacement: 0x10000, addressBits: 32 }));
  expect([core.segment(Segment.cs).selector, core.rip]).toEqual([0x50, 0x10n]);
  expect(core.gpr[4]).toBe(0xffan);
  expect(core.peek(0xffa, 2)).toBe(0x200);
});

test('64-bit mode takes a null SS at its own level only', () => {
  const core = longCore(0);
  core.gpr[0] = 0n;
  expect(core.do(64, 'mov', ss, ax)).toBe(true);
  core.gpr[0] = 1n;
  core.do(64, 'mov', ss, ax);
  expect(delivered(core)).toBe('#13(0h)');
});
