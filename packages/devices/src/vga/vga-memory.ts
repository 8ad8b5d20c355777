/**
 * Video memory behind A0000h to BFFFFh: four planes with latches, write and read modes, odd/even and chain-4 addressing (IBM VGA
 * Hardware Interface TR, "Graphics Controller Registers"). Byte p of each group of four is plane p.
 */
import { isVbe, VBE_BANK, VBE_BPP, type VgaState } from './vga-state.ts';

const BANK_BYTES = 0x10000;
const WINDOW_BYTES = 0x20000;
const PLANES = 4;
const CHAIN4 = 0x08;
const ODD_EVEN_OFF = 0x04;
/** What the memory map field makes visible: offset in the 128 KiB window, and size (miscellaneous register, bits 3 and 2). */
const maps = [
  [0, WINDOW_BYTES],
  [0, 0x10000],
  [0x10000, 0x8000],
  [0x18000, 0x8000],
] as const;

/** Offset in the visible map; -1 outside it. */
function locate(state: VgaState, offset: number): number {
  const [start, bytes] = maps[((state.graphics[6] as number) >> 2) & 3] as readonly [number, number];
  const at = offset - start;
  return at >= 0 && at < bytes ? at : -1;
}

const isLinear = (state: VgaState): boolean => isVbe(state) && (state.vbe[VBE_BPP] as number) >= 8;

export function readVideoMemory(state: VgaState, memory: Uint8Array, offset: number): number {
  const at = locate(state, offset);
  if (at < 0) return 0xff;
  if (isLinear(state)) return memory[((state.vbe[VBE_BANK] as number) * BANK_BYTES + at) % memory.length] as number;
  const mode = state.sequencer[4] as number;
  if ((mode & CHAIN4) !== 0) return memory[at % memory.length] as number;
  const oddEven = ((state.graphics[5] as number) & 0x10) !== 0;
  const group = ((oddEven ? at >> 1 : at) * PLANES) % memory.length;
  for (let plane = 0; plane < PLANES; plane++) state.latches[plane as 0] = memory[group + plane] as number;
  if (oddEven) return memory[group + (((state.graphics[4] as number) & 2) | (at & 1))] as number;
  if (((state.graphics[5] as number) & 0x08) === 0) return state.latches[((state.graphics[4] as number) & 3) as 0];
  return compareColors(state);
}

/** Read mode 1: a bit for each pixel whose color is the one to compare with, in the planes that count. */
function compareColors({ latches, graphics }: VgaState): number {
  const color = graphics[2] as number;
  const care = graphics[7] as number;
  let different = 0;
  for (let plane = 0; plane < PLANES; plane++) {
    if ((care & (1 << plane)) === 0) continue;
    different |= latches[plane as 0] ^ ((color & (1 << plane)) !== 0 ? 0xff : 0);
  }
  return ~different & 0xff;
}

export function writeVideoMemory(state: VgaState, memory: Uint8Array, offset: number, value: number): void {
  const at = locate(state, offset);
  if (at < 0) return;
  if (isLinear(state)) {
    memory[((state.vbe[VBE_BANK] as number) * BANK_BYTES + at) % memory.length] = value;
    return;
  }
  const mode = state.sequencer[4] as number;
  const planes = state.sequencer[2] as number;
  if ((mode & CHAIN4) !== 0) {
    if ((planes & (1 << (at & 3))) !== 0) memory[at % memory.length] = value;
  } else if ((mode & ODD_EVEN_OFF) === 0) {
    if ((planes & (1 << (at & 1))) !== 0) memory[((at >> 1) * PLANES + (at & 1)) % memory.length] = value;
  } else writePlanes(state, memory, (at * PLANES) % memory.length, value, planes);
}

/** The data path of the graphics controller: set/reset, rotation, function with the latches, bit mask; write modes 0 to 3. */
function writePlanes(state: VgaState, memory: Uint8Array, group: number, value: number, planes: number): void {
  const { graphics, latches } = state;
  const mode = (graphics[5] as number) & 3;
  const rotation = (graphics[3] as number) & 7;
  const rotated = ((value >> rotation) | (value << (8 - rotation))) & 0xff;
  const setReset = graphics[0] as number;
  const mask = mode === 3 ? (graphics[8] as number) & rotated : mode === 1 ? 0xff : (graphics[8] as number);
  for (let plane = 0; plane < PLANES; plane++) {
    const bit = 1 << plane;
    if ((planes & bit) === 0) continue;
    const latch = latches[plane as 0];
    let data = rotated;
    if (mode === 1) data = latch;
    else if (mode === 2) data = (value & bit) !== 0 ? 0xff : 0;
    else if (mode === 3 || ((graphics[1] as number) & bit) !== 0) data = (setReset & bit) !== 0 ? 0xff : 0;
    if (mode !== 1) data = combine((graphics[3] as number) >> 3, data, latch);
    memory[group + plane] = (data & mask) | (latch & ~mask);
  }
}

function combine(operation: number, data: number, latch: number): number {
  switch (operation & 3) {
    case 1:
      return data & latch;
    case 2:
      return data | latch;
    case 3:
      return data ^ latch;
    default:
      return data;
  }
}
