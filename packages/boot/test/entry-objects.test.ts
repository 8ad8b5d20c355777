import { INTERRUPT_STUB_BYTES } from '@drift-os/abi/layout/image-directory';
import { Assembler, type ObjectModule } from '@drift-os/toolchain';
import { expect, test } from 'vitest';
import { entryObjects } from '../src/entry/entry-objects.ts';

/** A kernel that exports nothing but, where asked for, a start function. */
function kernel(name: string, start: boolean): ObjectModule {
  const a = new Assembler({ name });
  a.label(`${name}.kmain`, 'function').emit('ret').global(`${name}.kmain`);
  if (start) a.label(`${name}._start`, 'function').emit('ret').global(`${name}._start`);
  return a.finish();
}

const [entry] = entryObjects(kernel('kernel-c', false), kernel('kernel-w', false));
const text: Uint8Array = entry?.sections.find(({ name }) => name === 'text')?.bytes ?? new Uint8Array();
const offsetOf = (name: string): number => entry?.symbols.find((symbol) => symbol.name === name)?.offset ?? Number.NaN;

test.each([
  ['interruptStubs', 'interruptCommon'],
  ['workerStubs', 'workerCrash'],
])(
  '%s: every vector has its stub where the directory says, which pushes error code and vector and goes on to %s',
  (stubs, common) => {
    expect(offsetOf(stubs) % INTERRUPT_STUB_BYTES).toBe(0);
    const withErrorCode: number[] = [];
    for (let vector = 0; vector < 256; vector++) {
      let at = offsetOf(stubs) + vector * INTERRUPT_STUB_BYTES;
      const end = at + INTERRUPT_STUB_BYTES;
      const view = new DataView(text.buffer, text.byteOffset);
      // 6A ib and 68 id push; the first is the missing error code.
      const pushed: number[] = [];
      while (text[at] === 0x6a || text[at] === 0x68) {
        pushed.push(text[at] === 0x6a ? view.getInt8(at + 1) : view.getInt32(at + 1, true));
        at += text[at] === 0x6a ? 2 : 5;
      }
      if (pushed.length === 1) withErrorCode.push(vector);
      expect(pushed.slice(-2)).toEqual(pushed.length === 1 ? [vector] : [0, vector]);
      const [length, distance] = text[at] === 0xeb ? [2, view.getInt8(at + 1)] : [5, view.getInt32(at + 1, true)];
      expect(text[at] === 0xeb || text[at] === 0xe9).toBe(true);
      expect(at + length + distance).toBe(offsetOf(common));
      expect(at + length).toBeLessThanOrEqual(end);
    }
    // SDM 3A table 6-1, and 29 and 30 of AMD.
    expect(withErrorCode).toEqual([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);
  },
);

test('a start function is called where a kernel has one', () => {
  const references = (objects: readonly ObjectModule[]) =>
    objects.flatMap(({ relocations }) => relocations.map((relocation) => relocation.symbol));
  const without = references(entryObjects(kernel('kernel-c', false), kernel('kernel-w', false)));
  expect(without).toEqual(expect.arrayContaining(['kernel-c.kmain', 'kernel-c.interrupt', 'kernel-w.kmain']));
  expect(without).not.toContain('kernel-c._start');
  const both = references(entryObjects(kernel('kernel-c', true), kernel('kernel-w', true)));
  expect(both).toEqual(expect.arrayContaining(['kernel-c._start', 'kernel-w._start']));
});
