/** Paging with four and five levels: rights, NX, WP, SMEP, SMAP, reserved bits, accessed and dirty bits, error codes. */
import { cr0, cr3, cr4, eax, ecx, mem32, mem64, rax, rcx, rdx } from '../../src/index.ts';
import { DATA64, DONE64, enterUser64, LongGuest, PAGING } from './long-guest.ts';
import type { Program } from './program.ts';

const entry = (level: number): number => PAGING + 0x1000 * level;
const PAGE_ENTRY = entry(4) + 8 * (DATA64 / 4096);

/** Each level takes one right away, the last one all combinations. */
export function longPagingGuest(levels: 4 | 5): Uint8Array {
  const first = levels === 5 ? 0 : 1;
  const guest = new LongGuest({
    fiveLevels: levels === 5,
    watch: [
      PAGE_ENTRY,
      ...Array.from(
        { length: 5 - first },
        (_, level) => entry(first + level) + (level + first === 4 ? 8 * (DATA64 / 4096) : 0),
      ),
    ],
  });
  const accesses: readonly (readonly [string, (p: Program) => void])[] = [
    ['read', (p) => p.emit('mov', rcx, mem64(DATA64 + 8)).emit('xor', ecx, ecx)],
    ['write', (p) => p.emit('mov', mem64(DATA64 + 8), rdx)],
    ['execute', (p) => p.emit('mov', eax, DATA64 + 16).emit('jmp', rax)],
  ];
  const test = (name: string, prepare: (p: Program) => void, cr4Bits = 0, wp = true): void => {
    for (const [access, run] of accesses) {
      for (const ring of cr4Bits === 0 ? [0, 3] : [0]) {
        guest.case(`${levels} levels, ${name}, ring ${ring}, ${access}`, (p) => {
          p.emit('mov', mem32(DATA64 + 16), 0xcd | (DONE64 << 8));
          if (cr4Bits !== 0) {
            p.emit('call', p.ref('withdraw'));
            p.emit('mov', rax, cr4).emit('or', eax, cr4Bits).emit('mov', cr4, rax);
          }
          if (!wp) p.emit('mov', eax, 0x8000_0013).emit('mov', cr0, rax);
          prepare(p);
          p.emit('mov', rax, cr3).emit('mov', cr3, rax).emit('xor', eax, eax);
          if (ring === 3) enterUser64(p);
          run(p);
        });
      }
    }
  };
  for (let flags = 0; flags < 8; flags++)
    test(`page ${flags}`, (p) => p.emit('mov', mem32(PAGE_ENTRY), DATA64 | flags));
  for (let flags = 1; flags < 8; flags += 2)
    test(`page ${flags}, WP 0`, (p) => p.emit('mov', mem32(PAGE_ENTRY), DATA64 | flags), 0, false);
  test('page with NX', (p) => p.emit('mov', mem32(PAGE_ENTRY + 4), 0x8000_0000));
  test('page with a reserved bit', (p) => p.emit('mov', mem32(PAGE_ENTRY + 4), 0x0008_0000));
  for (const flags of [3, 7]) {
    test(`page ${flags}, SMEP`, (p) => p.emit('mov', mem32(PAGE_ENTRY), DATA64 | flags), 1 << 20);
    test(`page ${flags}, SMAP`, (p) => p.emit('mov', mem32(PAGE_ENTRY), DATA64 | flags), 1 << 21);
  }
  return guest.finish();
}
