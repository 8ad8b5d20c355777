/** The registers of a VGA, and what follows from them. IBM VGA Hardware Interface Technical Reference; register names as there. */

export interface VgaState {
  miscellaneous: number;
  featureControl: number;
  sequencerIndex: number;
  sequencer: Uint8Array;
  crtcIndex: number;
  crtc: Uint8Array;
  graphicsIndex: number;
  graphics: Uint8Array;
  attributeIndex: number;
  /** The next write to 3C0h is data. */
  attributeData: boolean;
  attribute: Uint8Array;
  pelMask: number;
  dacReadIndex: number;
  dacWriteIndex: number;
  /** Which of red, green and blue comes next. */
  dacComponent: number;
  dacReading: boolean;
  dac: Uint8Array;
  latches: [number, number, number, number];
  vbeIndex: number;
  /** Bochs VBE registers by index. */
  vbe: Uint16Array;
}

export const VBE_ID = 0;
export const VBE_XRES = 1;
export const VBE_YRES = 2;
export const VBE_BPP = 3;
export const VBE_ENABLE = 4;
export const VBE_BANK = 5;
export const VBE_VIRTUAL_WIDTH = 6;
export const VBE_VIRTUAL_HEIGHT = 7;
export const VBE_X_OFFSET = 8;
export const VBE_Y_OFFSET = 9;
export const VBE_MEMORY = 10;
export const VBE_ENABLED = 0x01;
export const VBE_GET_CAPABILITIES = 0x02;
export const VBE_8BIT_DAC = 0x20;
export const VBE_NO_CLEAR = 0x80;
export const VBE_ID_VALUE = 0xb0c5;

export function initialVga(): VgaState {
  const vbe = new Uint16Array(11);
  vbe[VBE_ID] = VBE_ID_VALUE;
  return {
    miscellaneous: 0,
    featureControl: 0,
    sequencerIndex: 0,
    sequencer: new Uint8Array(8),
    crtcIndex: 0,
    crtc: new Uint8Array(32),
    graphicsIndex: 0,
    graphics: new Uint8Array(16),
    attributeIndex: 0,
    attributeData: false,
    attribute: new Uint8Array(32),
    pelMask: 0xff,
    dacReadIndex: 0,
    dacWriteIndex: 0,
    dacComponent: 0,
    dacReading: false,
    dac: new Uint8Array(768),
    latches: [0, 0, 0, 0],
    vbeIndex: 0,
    vbe,
  };
}

export const isVbe = (state: VgaState): boolean => ((state.vbe[VBE_ENABLE] as number) & VBE_ENABLED) !== 0;
export const isText = (state: VgaState): boolean => !isVbe(state) && ((state.attribute[0x10] as number) & 1) === 0;

/** Lines that are displayed: vertical display end, bits 8 and 9 of which are in the overflow register. */
export function displayedLines({ crtc }: VgaState): number {
  const overflow = crtc[0x07] as number;
  return ((crtc[0x12] as number) | ((overflow & 0x02) << 7) | ((overflow & 0x40) << 3)) + 1;
}

/** Where the picture starts, in units of four bytes (one of each plane). */
export const startAddress = ({ crtc }: VgaState): number => ((crtc[0x0c] as number) << 8) | (crtc[0x0d] as number);

export interface TextScreen {
  readonly columns: number;
  readonly rows: number;
  /** A cell for each character, row by row: character code in bits 7 to 0, attribute in bits 15 to 8. */
  readonly cells: Uint16Array;
  /** Where the cursor is, when it is on and on the screen. */
  readonly cursor: { readonly column: number; readonly row: number } | undefined;
}

/** The text screen, or undefined in a graphics mode. */
export function textScreen(state: VgaState, memory: Uint8Array): TextScreen | undefined {
  if (!isText(state)) return undefined;
  const { crtc } = state;
  const columns = (crtc[0x01] as number) + 1;
  const rows = Math.floor(displayedLines(state) / (((crtc[0x09] as number) & 0x1f) + 1));
  const cells = new Uint16Array(columns * rows);
  const start = startAddress(state);
  const pitch = (crtc[0x13] as number) * 2;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = ((start + row * pitch + column) * 4) % memory.length;
      cells[row * columns + column] = (memory[at] as number) | ((memory[at + 1] as number) << 8);
    }
  }
  const position = (((crtc[0x0e] as number) << 8) | (crtc[0x0f] as number)) - start;
  const row = pitch === 0 ? 0 : Math.floor(position / pitch);
  const column = pitch === 0 ? position : position % pitch;
  const isOn = ((crtc[0x0a] as number) & 0x20) === 0 && position >= 0 && row < rows && column < columns;
  return { columns, rows, cells, cursor: isOn ? { column, row } : undefined };
}
