/** The registers of the Bochs VBE extension: resolution, depth, panning, linear framebuffer. Bochs "VBE Display API". */
import {
  VBE_BANK,
  VBE_BPP,
  VBE_ENABLE,
  VBE_ENABLED,
  VBE_ID,
  VBE_ID_VALUE,
  VBE_NO_CLEAR,
  VBE_VIRTUAL_HEIGHT,
  VBE_VIRTUAL_WIDTH,
  VBE_X_OFFSET,
  VBE_XRES,
  VBE_Y_OFFSET,
  VBE_YRES,
  type VgaState,
} from './vga-state.ts';

const MAXIMUM_WIDTH = 2560;
const MAXIMUM_HEIGHT = 1600;
const depths: ReadonlySet<number> = new Set([4, 8, 15, 16, 24, 32]);
/** The versions of the interface that drivers may ask for. */
const OLDEST_ID = 0xb0c0;

/** What XRES, YRES and BPP read as while GET_CAPABILITIES is set. */
export const vbeLimits: Readonly<Partial<Record<number, number>>> = {
  [VBE_XRES]: MAXIMUM_WIDTH,
  [VBE_YRES]: MAXIMUM_HEIGHT,
  [VBE_BPP]: 32,
};

export function writeVbe(state: VgaState, memory: Uint8Array, index: number, value: number): void {
  const { vbe } = state;
  const get = (register: number): number => vbe[register] as number;
  const enabled = (get(VBE_ENABLE) & VBE_ENABLED) !== 0;
  switch (index) {
    case VBE_ID:
      if (value >= OLDEST_ID && value <= VBE_ID_VALUE) vbe[VBE_ID] = value;
      break;
    case VBE_XRES:
      if (value > 0 && value <= MAXIMUM_WIDTH && !enabled) vbe[VBE_XRES] = value & ~7;
      break;
    case VBE_YRES:
      if (value > 0 && value <= MAXIMUM_HEIGHT && !enabled) vbe[VBE_YRES] = value;
      break;
    case VBE_BPP:
      // 0 stands for 8.
      if (depths.has(value || 8) && !enabled) vbe[VBE_BPP] = value || 8;
      break;
    case VBE_ENABLE:
      enable(state, memory, value, enabled);
      break;
    case VBE_BANK:
      vbe[VBE_BANK] = value % Math.max(1, memory.length >> 16);
      break;
    case VBE_VIRTUAL_WIDTH:
      setVirtualWidth(state, memory, value);
      break;
    case VBE_X_OFFSET:
    case VBE_Y_OFFSET:
      vbe[index] = value;
  }
}

function enable(state: VgaState, memory: Uint8Array, value: number, enabled: boolean): void {
  const { vbe } = state;
  vbe[VBE_ENABLE] = value;
  if ((value & VBE_ENABLED) === 0) {
    vbe[VBE_BANK] = 0;
    return;
  }
  if (enabled) return;
  if (vbe[VBE_BPP] === 0) vbe[VBE_BPP] = 8;
  vbe[VBE_X_OFFSET] = 0;
  vbe[VBE_Y_OFFSET] = 0;
  vbe[VBE_BANK] = 0;
  setVirtualWidth(state, memory, vbe[VBE_XRES] as number);
  if ((value & VBE_NO_CLEAR) === 0) memory.fill(0);
}

/** The virtual height is what memory has room for. */
function setVirtualWidth({ vbe }: VgaState, memory: Uint8Array, value: number): void {
  const width = Math.max(value, vbe[VBE_XRES] as number);
  const lineBytes = Math.max(1, (width * (vbe[VBE_BPP] as number)) >> 3);
  vbe[VBE_VIRTUAL_WIDTH] = width;
  vbe[VBE_VIRTUAL_HEIGHT] = Math.min(0xffff, Math.floor(memory.length / lineBytes));
}
