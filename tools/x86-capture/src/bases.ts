/** The states that vectors start from: random registers of several kinds, one image of the data pages. */
import {
  CODE,
  DATA,
  FCW,
  FS_BASE,
  GPR,
  GS_BASE,
  HIGH,
  MEMORY,
  MEMORY_BYTES,
  MXCSR,
  RFLAGS,
  RIP,
  SELECTORS,
  STATE_BYTES,
  X87,
  YMM,
} from '@drift-os/x86-vectors';
import type { Mode } from '@drift-os/x86-core';
import { Random } from './random.ts';
import { type Element, integer, lanes } from './values.ts';

export const BASES = 32;

/** ES, CS, SS, DS, FS, GS of each mode. */
const selectors: Readonly<Record<Mode, readonly number[]>> = {
  16: [0x37, 0x07, 0x0f, 0x0f, 0x1f, 0x27],
  32: [0x2b, 0x23, 0x2b, 0x2b, 0x37, 0x1f],
  64: [0, 0x33, 0x2b, 0, 0, 0],
};

export function baseStates(mode: Mode): Uint8Array[] {
  const memory = lanes(new Random('memory'), 'int64', MEMORY_BYTES);
  return Array.from({ length: BASES }, (_, base) => {
    const random = new Random(`base ${mode} ${base}`);
    const state = new Uint8Array(STATE_BYTES);
    const view = new DataView(state.buffer);
    for (let register = 0; register < (mode === 64 ? 16 : 8); register++) {
      view.setBigUint64(GPR + 8 * register, integer(random, mode === 64 ? 64 : 32), true);
    }
    view.setBigUint64(RIP, mode === 16 ? 0x800n : CODE + 0x800n, true);
    view.setUint32(RFLAGS, 0x202, true);
    for (const [index, selector] of selectors[mode].entries()) view.setUint16(SELECTORS + 2 * index, selector, true);
    view.setUint32(MXCSR, 0x1f80, true);
    view.setUint16(FCW, 0x37f, true);
    if (mode === 64) {
      view.setBigUint64(FS_BASE, DATA - 0x1000n, true);
      view.setBigUint64(GS_BASE, HIGH + 0x10n, true);
    }
    for (let register = 0; register < 8; register++) state.set(lanes(random, 'f80', 10), X87 + 16 * register);
    const type: Element = random.pick(['int8', 'int16', 'int32', 'int64', 'f32', 'f64']);
    for (let register = 0; register < (mode === 64 ? 16 : 8); register++)
      state.set(lanes(random, type, 32), YMM + 32 * register);
    state.set(memory, MEMORY);
    return state;
  });
}
