/** INT 10h, function 0: programs the VGA's registers, its palette and its font, and clears the screen. */
import { ah, al, type Assembler, ax, bx, cs, cx, di, ds, dx, eax, es, mem16, mem8, si } from '@drift-os/toolchain';
import {
  BDA_CHARACTER_HEIGHT,
  BDA_COLUMNS,
  BDA_CRTC,
  BDA_CURSOR,
  BDA_CURSOR_SHAPE,
  BDA_LAST_ROW,
  BDA_PAGE_BYTES,
  BDA_VIDEO_MODE,
  BIOS_SEGMENT,
} from './memory-layout.ts';
import { emitVariables } from './frame.ts';
import { egaColors, mode13Colors, type VideoMode, videoModes } from './video-modes.ts';

const MISCELLANEOUS = 0x3c2;
const SEQUENCER = 0x3c4;
const DAC_INDEX = 0x3c8;
const GRAPHICS = 0x3ce;
const CRTC = 0x3d4;
const INPUT_STATUS = 0x3da;
const ATTRIBUTE = 0x3c0;
const PROTECT = 0x11;
const VIDEO_SEGMENT = 0xa000;
const TEXT_SEGMENT = 0xb800;
const GLYPH_BYTES = 32;
const KEEP_MEMORY = 0x80;
const BLANK = 0x0720;
const CURSOR_SHAPE = 0x0d0e;

/** @param font 256 glyphs of 16 rows, a byte each */
export function emitVideoMode(a: Assembler, font: Uint8Array): void {
  a.mode = 16;
  a.label('videoSetMode').emit('call', a.ref('setMode')).emit('jmp', a.ref('serviceReturn'));
  // `setMode`: the mode in al; bit 7 keeps the memory's contents. Modes that do not exist change nothing. Changes all but bp and ds.
  a.label('setMode')
    .emit('mov', mem8({ segment: cs, symbol: a.ref('modeKeep') }), al)
    .emit('and', al, 0x7f);
  for (const { number } of videoModes)
    a.emit('mov', bx, a.ref(`mode${number}`))
      .emit('cmp', al, number)
      .emit('je', a.ref('setTable'));
  a.emit('ret');

  a.label('setTable').emit('mov', mem8(BDA_VIDEO_MODE), al).emit('push', ds).emit('push', cs).emit('pop', ds);
  a.emit('mov', si, bx).emit('mov', dx, MISCELLANEOUS).emit('lodsb').emit('out', dx, al);
  a.emit('mov', dx, SEQUENCER).emit('mov', ax, 0x0100).emit('out', dx, ax);
  a.emit('mov', ah, 1).emit('mov', cx, 4).emit('call', a.ref('setIndexed')).emit('mov', ax, 0x0300).emit('out', dx, ax);
  // CRTC registers 0 to 7 are protected by bit 7 of 11h.
  a.emit('mov', dx, CRTC).emit('mov', ax, PROTECT).emit('out', dx, ax);
  a.emit('mov', ah, 0).emit('mov', cx, 25).emit('call', a.ref('setIndexed'));
  a.emit('mov', dx, GRAPHICS).emit('mov', ah, 0).emit('mov', cx, 9).emit('call', a.ref('setIndexed'));
  emitAttributes(a);
  emitPalette(a);
  emitBiosData(a);
  emitClear(a);

  // `setIndexed`: cx bytes at ds:si to the registers from ah on, of the pair of ports at dx.
  a.label('setIndexed').emit('lodsb').emit('xchg', al, ah).emit('out', dx, ax).emit('xchg', al, ah).emit('inc', ah);
  a.emit('loop', a.ref('setIndexed')).emit('ret');
  emitFont(a);
  for (const mode of videoModes) emitTable(a, mode);
  emitVariables(a, () => a.label('modeKeep').bytes(0));
  a.label('egaColors').bytes(...egaColors());
  a.label('mode13Colors').bytes(...mode13Colors());
  a.label('font').bytes(...font);
}

function emitTable(a: Assembler, mode: VideoMode): void {
  a.label(`mode${mode.number}`).bytes(
    mode.miscellaneous,
    ...mode.sequencer,
    ...mode.crtc,
    ...mode.graphics,
    ...mode.attribute,
  );
  a.bytes(mode.columns)
    .u16(mode.pageBytes)
    .bytes(mode.rows - 1)
    .u16(mode.characterHeight);
}

/** Index and data share a port, and a read of the status register makes the next write an index. Bit 5 turns the screen on. */
function emitAttributes(a: Assembler): void {
  a.emit('mov', dx, INPUT_STATUS).emit('in', al, dx).emit('mov', dx, ATTRIBUTE).emit('mov', cx, 21).emit('mov', ah, 0);
  a.label('setAttribute').emit('mov', al, ah).emit('out', dx, al).emit('lodsb').emit('out', dx, al).emit('inc', ah);
  a.emit('loop', a.ref('setAttribute')).emit('mov', al, 0x20).emit('out', dx, al);
}

function emitPalette(a: Assembler): void {
  a.emit('push', si).emit('mov', dx, DAC_INDEX).emit('mov', al, 0).emit('out', dx, al).emit('inc', dx);
  a.emit('mov', si, a.ref('egaColors'))
    .emit('mov', cx, 64 * 3)
    .emit('cmp', bx, a.ref('mode19'));
  a.emit('jne', a.ref('setColors'))
    .emit('mov', si, a.ref('mode13Colors'))
    .emit('mov', cx, 256 * 3);
  a.label('setColors').emit('rep outsb').emit('pop', si);
}

/** The rest of the table goes to the BIOS data area. */
function emitBiosData(a: Assembler): void {
  a.emit('mov', al, mem8(si)).emit('mov', cx, mem16(si, 1)).emit('mov', ah, mem8(si, 3)).emit('mov', dx, mem16(si, 4));
  a.emit('pop', ds).emit('mov', mem8(BDA_COLUMNS), al).emit('mov', mem16(BDA_PAGE_BYTES), cx);
  a.emit('mov', mem8(BDA_LAST_ROW), ah).emit('mov', mem16(BDA_CHARACTER_HEIGHT), dx);
  a.emit('mov', mem16(BDA_CURSOR), 0)
    .emit('mov', mem16(BDA_CURSOR_SHAPE), CURSOR_SHAPE)
    .emit('mov', mem16(BDA_CRTC), CRTC);
}

function emitClear(a: Assembler): void {
  a.emit('cmp', mem8(BDA_VIDEO_MODE), 3).emit('jne', a.ref('clearGraphics')).emit('call', a.ref('loadFont'));
  a.emit('test', mem8({ segment: cs, symbol: a.ref('modeKeep') }), KEEP_MEMORY).emit('jne', a.ref('clearNot'));
  a.emit('mov', ax, TEXT_SEGMENT)
    .emit('mov', es, ax)
    .emit('xor', di, di)
    .emit('mov', ax, BLANK)
    .emit('mov', cx, 0x4000);
  a.emit('rep stosw').emit('ret');
  a.label('clearGraphics').emit('test', mem8({ segment: cs, symbol: a.ref('modeKeep') }), KEEP_MEMORY);
  a.emit('jne', a.ref('clearNot')).emit('mov', ax, VIDEO_SEGMENT).emit('mov', es, ax).emit('xor', di, di);
  a.emit('xor', eax, eax).emit('mov', cx, 0x4000).emit('rep stosd').label('clearNot').emit('ret');
}

/** `loadFont`: plane 2 alone at A0000h while the glyphs are written, then the text mode's registers again. */
function emitFont(a: Assembler): void {
  const set = (port: number, ...values: number[]): void => {
    a.emit('mov', dx, port);
    for (const value of values) a.emit('mov', ax, value).emit('out', dx, ax);
  };
  a.label('loadFont');
  set(SEQUENCER, 0x0402, 0x0704);
  set(GRAPHICS, 0x0005, 0x0406);
  a.emit('push', ds).emit('push', BIOS_SEGMENT).emit('pop', ds).emit('mov', ax, VIDEO_SEGMENT).emit('mov', es, ax);
  a.emit('mov', si, a.ref('font')).emit('xor', di, di).emit('mov', dx, 256);
  a.label('loadGlyph')
    .emit('mov', cx, 8)
    .emit('rep movsw')
    .emit('add', di, GLYPH_BYTES - 16)
    .emit('dec', dx);
  a.emit('jne', a.ref('loadGlyph')).emit('pop', ds);
  set(SEQUENCER, 0x0302, 0x0204);
  set(GRAPHICS, 0x1005, 0x0e06);
  a.emit('ret');
}
