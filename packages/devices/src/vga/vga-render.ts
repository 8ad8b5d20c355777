/** The picture of a VGA as RGBA pixels: text with the fonts in plane 2, 16 and 256 colors, and the VBE modes. */
import {
  displayedLines,
  isText,
  isVbe,
  startAddress,
  textScreen,
  VBE_8BIT_DAC,
  VBE_BPP,
  VBE_ENABLE,
  VBE_VIRTUAL_WIDTH,
  VBE_X_OFFSET,
  VBE_XRES,
  VBE_Y_OFFSET,
  VBE_YRES,
  type VgaState,
} from './vga-state.ts';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha; row by row from the top. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

const OPAQUE = 0xff000000;
const GLYPH_BYTES = 32;
const PLANES = 4;
const FONT_PLANE = 2;
/** Where the eight fonts are in plane 2 (character map select register). */
const fontOffsets = [0, 0x4000, 0x8000, 0xc000, 0x2000, 0x6000, 0xa000, 0xe000] as const;

/** undefined while the registers describe no picture. */
export function renderPicture(state: VgaState, memory: Uint8Array): Picture | undefined {
  if (isVbe(state)) return renderVbe(state, memory);
  const horizontal = (state.crtc[0x01] as number) + 1;
  if (horizontal < 2 || displayedLines(state) < 2 || state.attribute.every((value) => value === 0)) return undefined;
  return isText(state) ? renderText(state, memory) : renderGraphics(state, memory, horizontal * 8);
}

class Canvas {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.words = new Uint32Array(width * height);
  }

  picture(): Picture {
    return { width: this.width, height: this.height, pixels: new Uint8ClampedArray(this.words.buffer) };
  }
}

/** The 256 colors of the DAC as RGBA words; 6 bits to a component, or 8 where VBE says so. */
function dacColors({ dac, pelMask, vbe }: VgaState): Uint32Array {
  const eight = ((vbe[VBE_ENABLE] as number) & VBE_8BIT_DAC) !== 0;
  const component = (value: number): number => (eight ? value : ((value & 63) << 2) | ((value & 63) >> 4));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const at = (i & pelMask) * 3;
    const [red, green, blue] = [dac[at], dac[at + 1], dac[at + 2]] as unknown as [number, number, number];
    return (OPAQUE | component(red) | (component(green) << 8) | (component(blue) << 16)) >>> 0;
  });
}

/** The 16 attribute colors through palette, color select register and DAC. */
function attributeColors(state: VgaState): Uint32Array {
  const colors = dacColors(state);
  const { attribute } = state;
  const select = attribute[0x14] as number;
  return Uint32Array.from({ length: 16 }, (_, i) => {
    const entry = attribute[i] as number;
    const low = ((attribute[0x10] as number) & 0x80) !== 0 ? (entry & 15) | ((select & 3) << 4) : entry & 63;
    return colors[low | ((select & 0x0c) << 4)] as number;
  });
}

function renderText(state: VgaState, memory: Uint8Array): Picture | undefined {
  const screen = textScreen(state, memory);
  if (screen === undefined || screen.rows === 0) return undefined;
  const { sequencer, crtc, attribute } = state;
  const height = ((crtc[0x09] as number) & 0x1f) + 1;
  const width = ((sequencer[1] as number) & 1) !== 0 ? 8 : 9;
  const colors = attributeColors(state);
  const blink = ((attribute[0x10] as number) & 8) !== 0;
  const lineGraphics = ((attribute[0x10] as number) & 4) !== 0;
  const select = sequencer[3] as number;
  const fontA = fontOffsets[(((select >> 2) & 3) | ((select >> 3) & 4)) as 0] as number;
  const fontB = fontOffsets[((select & 3) | ((select >> 2) & 4)) as 0] as number;
  const canvas = new Canvas(screen.columns * width, screen.rows * height);
  for (const [index, cell] of screen.cells.entries()) {
    const code = cell & 0xff;
    const foreground = colors[(cell >> 8) & 15] as number;
    const background = colors[(cell >> 12) & (blink ? 7 : 15)] as number;
    const font = (cell & 0x0800) !== 0 ? fontA : fontB;
    const left = (index % screen.columns) * width;
    const top = Math.floor(index / screen.columns) * height;
    const ninth = lineGraphics && code >= 0xc0 && code <= 0xdf;
    for (let y = 0; y < height; y++) {
      const row = memory[((font + code * GLYPH_BYTES + y) * PLANES + FONT_PLANE) % memory.length] as number;
      const at = (top + y) * canvas.width + left;
      for (let x = 0; x < width; x++) {
        const on = x < 8 ? (row & (0x80 >> x)) !== 0 : ninth && (row & 1) !== 0;
        canvas.words[at + x] = on ? foreground : background;
      }
    }
  }
  if (screen.cursor !== undefined)
    drawCursor(state, canvas, screen.cursor, width, height, colors, screen.cells, screen.columns);
  return canvas.picture();
}

/** From the cursor's first to its last line, in the foreground color of its cell; it does not blink, so pictures can be compared. */
function drawCursor(
  { crtc }: VgaState,
  canvas: Canvas,
  cursor: { readonly column: number; readonly row: number },
  width: number,
  height: number,
  colors: Uint32Array,
  cells: Uint16Array,
  columns: number,
): void {
  const cell = cells[cursor.row * columns + cursor.column] as number;
  const last = Math.min(height - 1, (crtc[0x0b] as number) & 0x1f);
  for (let y = (crtc[0x0a] as number) & 0x1f; y <= last; y++) {
    const at = (cursor.row * height + y) * canvas.width + cursor.column * width;
    canvas.words.fill(colors[(cell >> 8) & 15] as number, at, at + width);
  }
}

/** 16 colors from four planes, or 256 from bytes; lines are doubled by the maximum scan line register, pixels by the shift register. */
function renderGraphics(state: VgaState, memory: Uint8Array, dots: number): Picture {
  const { crtc, graphics, sequencer } = state;
  const scan = crtc[0x09] as number;
  const repeat = ((scan & 0x1f) + 1) * ((scan & 0x80) !== 0 ? 2 : 1);
  const bytes = ((graphics[5] as number) & 0x40) !== 0;
  const halved = bytes || ((sequencer[1] as number) & 8) !== 0;
  const width = halved ? dots >> 1 : dots;
  const height = Math.max(1, Math.floor(displayedLines(state) / repeat));
  const canvas = new Canvas(width, height);
  const colors = bytes ? dacColors(state) : attributeColors(state);
  const start = startAddress(state) * PLANES;
  const pitch = (crtc[0x13] as number) * 2 * PLANES;
  for (let y = 0; y < height; y++) {
    const line = start + y * pitch;
    for (let x = 0; x < width; x++) {
      const index = bytes ? (memory[(line + x) % memory.length] as number) : planarPixel(memory, line, x);
      canvas.words[y * width + x] = colors[index] as number;
    }
  }
  return canvas.picture();
}

function planarPixel(memory: Uint8Array, line: number, x: number): number {
  const group = (line + (x >> 3) * PLANES) % memory.length;
  const shift = 7 - (x & 7);
  let index = 0;
  for (let plane = 0; plane < PLANES; plane++) index |= (((memory[group + plane] as number) >> shift) & 1) << plane;
  return index;
}

function renderVbe(state: VgaState, memory: Uint8Array): Picture | undefined {
  const { vbe } = state;
  const [width, height, depth] = [vbe[VBE_XRES], vbe[VBE_YRES], vbe[VBE_BPP]] as unknown as [number, number, number];
  if (width === 0 || height === 0) return undefined;
  const pixelBytes = (depth + 7) >> 3;
  const pitch = Math.max(width, vbe[VBE_VIRTUAL_WIDTH] as number) * pixelBytes;
  const start = (vbe[VBE_Y_OFFSET] as number) * pitch + (vbe[VBE_X_OFFSET] as number) * pixelBytes;
  const canvas = new Canvas(width, height);
  const colors = depth === 8 ? dacColors(state) : undefined;
  const at = (offset: number): number => memory[offset] ?? 0;
  for (let y = 0; y < height; y++) {
    let offset = start + y * pitch;
    for (let x = 0; x < width; x++, offset += pixelBytes) {
      let color: number;
      if (colors !== undefined) color = colors[at(offset)] as number;
      else if (pixelBytes === 2) color = unpack16(at(offset) | (at(offset + 1) << 8), depth);
      else color = OPAQUE | at(offset + 2) | (at(offset + 1) << 8) | (at(offset) << 16);
      canvas.words[y * width + x] = color;
    }
  }
  return canvas.picture();
}

/** 5:5:5, or 5:6:5 with 16 bits, as red, green and blue from the top. */
function unpack16(value: number, depth: number): number {
  const greenBits = depth === 15 ? 5 : 6;
  const widen = (bits: number, component: number): number => (component << (8 - bits)) | (component >> (2 * bits - 8));
  const blue = widen(5, value & 31);
  const green = widen(greenBits, (value >> 5) & (2 ** greenBits - 1));
  const red = widen(5, (value >> (5 + greenBits)) & 31);
  return OPAQUE | red | (green << 8) | (blue << 16);
}
