/** VGA: text cells and their picture, write modes on planes, mode 13h, VBE with banks and linear framebuffer. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { MemoryWindow } from '../src/device.ts';
import { Vga } from '../src/vga/vga.ts';
import { mode13Colors, type VideoMode, videoModes } from '../firmware/video-modes.ts';
import { font } from '../firmware/font.ts';
import { inb, MILLISECOND, TestClock, TestEvents } from './harness.ts';

let vga: Vga;
let events: TestEvents;
let clock: TestClock;

beforeEach(() => {
  [events, clock] = [new TestEvents(), new TestClock()];
  vga = new Vga({ clock, events, memory: new Uint8Array(1 << 20) });
});

const out = (port: number, value: number): void => vga.ports.writePort(port - 0x3b0, 1, value);
const indexed = (port: number, index: number, value: number): void =>
  vga.ports.writePort(port - 0x3b0, 2, index | (value << 8));
function setMode(number: number): void {
  const mode = videoModes.find((each) => each.number === number) as VideoMode;
  out(0x3c2, mode.miscellaneous);
  for (const [i, value] of mode.sequencer.entries()) indexed(0x3c4, i + 1, value);
  indexed(0x3d4, 0x11, 0);
  for (const [i, value] of mode.crtc.entries()) indexed(0x3d4, i, value);
  for (const [i, value] of mode.graphics.entries()) indexed(0x3ce, i, value);
  inb(vga.ports, 0x3da - 0x3b0);
  for (const [i, value] of mode.attribute.entries()) {
    out(0x3c0, i);
    out(0x3c0, value);
  }
  out(0x3c0, 0x20);
  out(0x3c8, 0);
  for (const value of mode13Colors()) out(0x3c9, value);
}
const pixel = (x: number, y: number): number[] => {
  const picture = vga.picture();
  if (picture === undefined) throw new Error('no picture');
  const at = (y * picture.width + x) * 4;
  return [...picture.pixels.slice(at, at + 4)];
};

test('there is no picture and no text before a mode is set', () => {
  expect([vga.picture(), vga.text()]).toEqual([undefined, undefined]);
});

describe('text', () => {
  beforeEach(() => setMode(3));

  test('cells and cursor', () => {
    vga.window.write(0x18000 + 160 + 4, 4, 0x1f421f41);
    indexed(0x3d4, 0x0f, 83);
    const text = vga.text();
    expect([text?.columns, text?.rows, text?.cells[82], text?.cells[83]]).toEqual([80, 25, 0x1f41, 0x1f42]);
    expect(text?.cursor).toEqual({ column: 3, row: 1 });
    expect(vga.window.read(0x18000 + 160 + 4, 2)).toBe(0x1f41);
    indexed(0x3d4, 0x0a, 0x20);
    expect(vga.text()?.cursor).toBeUndefined();
  });

  test('the start address scrolls', () => {
    vga.window.write(0x18000 + 160, 2, 0x0758);
    indexed(0x3d4, 0x0d, 80);
    expect(vga.text()?.cells[0]).toBe(0x0758);
  });

  test('glyphs come from plane 2, colors from attribute and palette', () => {
    indexed(0x3c4, 2, 4);
    indexed(0x3c4, 4, 7);
    indexed(0x3ce, 5, 0);
    indexed(0x3ce, 6, 4);
    for (const [i, row] of font()
      .slice(0x41 * 16, 0x42 * 16)
      .entries())
      vga.window.write(0x41 * 32 + i, 1, row);
    indexed(0x3c4, 2, 3);
    indexed(0x3c4, 4, 2);
    indexed(0x3ce, 5, 0x10);
    indexed(0x3ce, 6, 0x0e);
    vga.window.write(0x18000, 2, 0x1f41);
    expect([vga.picture()?.width, vga.picture()?.height]).toEqual([720, 400]);
    // The tip of the A, three pixels from the left in its third row.
    const tip = pixel(3, 2);
    const background = pixel(0, 0);
    expect(tip).not.toEqual(background);
    expect([pixel(2, 3), pixel(8, 15)]).toEqual([tip, background]);
  });

  test('changed is set by writes, and by the picture cleared', () => {
    vga.picture();
    expect(vga.changed).toBe(false);
    vga.window.write(0x18000, 1, 65);
    expect(vga.changed).toBe(true);
  });
});

describe('planes', () => {
  beforeEach(() => setMode(0x12));
  const read = (plane: number): number => {
    indexed(0x3ce, 4, plane);
    return vga.window.read(100, 1);
  };

  test('map mask and read map', () => {
    indexed(0x3c4, 2, 0b0101);
    vga.window.write(100, 1, 0xa5);
    expect([0, 1, 2, 3].map(read)).toEqual([0xa5, 0, 0xa5, 0]);
  });

  test('set/reset, bit mask, function with the latches', () => {
    indexed(0x3ce, 0, 0b1010);
    indexed(0x3ce, 1, 0b1111);
    indexed(0x3ce, 8, 0xf0);
    vga.window.read(100, 1);
    vga.window.write(100, 1, 0);
    expect([0, 1, 2, 3].map(read)).toEqual([0, 0xf0, 0, 0xf0]);
    indexed(0x3ce, 1, 0);
    indexed(0x3ce, 3, 0x18);
    indexed(0x3ce, 8, 0xff);
    vga.window.read(100, 1);
    vga.window.write(100, 1, 0x3c);
    expect([0, 1, 2, 3].map(read)).toEqual([0x3c, 0xcc, 0x3c, 0xcc]);
  });

  test('write mode 1 copies, 2 expands a color, 3 masks with the data', () => {
    indexed(0x3ce, 5, 2);
    vga.window.write(100, 1, 0b1001);
    expect([0, 1, 2, 3].map(read)).toEqual([0xff, 0, 0, 0xff]);
    vga.window.read(100, 1);
    indexed(0x3ce, 5, 1);
    vga.window.write(101, 1, 0);
    expect(pixel(808 - 640, 1)).toEqual(pixel(800 - 640, 1));
    indexed(0x3ce, 5, 3);
    indexed(0x3ce, 0, 0b0010);
    vga.window.read(100, 1);
    vga.window.write(100, 1, 0x0f);
    expect([0, 1, 2, 3].map(read)).toEqual([0xf0, 0x0f, 0, 0xf0]);
  });

  test('read mode 1 compares colors', () => {
    indexed(0x3ce, 5, 2);
    indexed(0x3ce, 8, 0x3c);
    vga.window.write(100, 1, 5);
    indexed(0x3ce, 5, 8);
    indexed(0x3ce, 2, 5);
    indexed(0x3ce, 7, 15);
    expect(vga.window.read(100, 1)).toBe(0x3c);
    indexed(0x3ce, 7, 0b1010);
    expect(vga.window.read(100, 1)).toBe(0xff);
  });

  test('640 by 480, eight pixels to a byte', () => {
    vga.window.write(80, 1, 0x80);
    expect([vga.picture()?.width, vga.picture()?.height]).toEqual([640, 480]);
    expect(pixel(0, 1)).not.toEqual(pixel(1, 1));
  });
});

test('mode 13h: a byte to a pixel, through the DAC', () => {
  setMode(0x13);
  vga.window.write(2 * 320 + 5, 1, 4);
  expect([vga.picture()?.width, vga.picture()?.height]).toEqual([320, 200]);
  expect(pixel(5, 2)).toEqual([0xaa, 0, 0, 255]);
  out(0x3c8, 4);
  for (const value of [63, 32, 0]) out(0x3c9, value);
  expect(pixel(5, 2)).toEqual([255, 130, 0, 255]);
  out(0x3c7, 4);
  expect([0, 0, 0].map(() => inb(vga.ports, 0x3c9 - 0x3b0))).toEqual([63, 32, 0]);
});

test('retrace and blanking follow the clock', () => {
  setMode(3);
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    seen.add(inb(vga.ports, 0x3da - 0x3b0));
    clock.advance(MILLISECOND / 9n);
  }
  expect([...seen].sort()).toEqual([0, 1, 9]);
});

test('the palette is written only while the screen is off; protected crtc registers keep their values', () => {
  setMode(3);
  inb(vga.ports, 0x3da - 0x3b0);
  out(0x3c0, 0x21);
  out(0x3c0, 0x3f);
  expect(inb(vga.ports, 0x3c1 - 0x3b0)).toBe(1);
  indexed(0x3d4, 0x11, 0x8e);
  indexed(0x3d4, 1, 0);
  out(0x3d4, 1);
  expect(inb(vga.ports, 0x3d5 - 0x3b0)).toBe(0x4f);
});

describe('VBE', () => {
  const vbe = (index: number, value: number): void => {
    vga.vbePorts.writePort(0, 2, index);
    vga.vbePorts.writePort(1, 2, value);
  };
  const read = (index: number): number => {
    vga.vbePorts.writePort(0, 2, index);
    return vga.vbePorts.readPort(1, 2);
  };
  const linear = (): MemoryWindow => {
    vga.pci.writeConfig(0x10, 4, 0xe0000000);
    vga.pci.writeConfig(4, 2, 2);
    const region = vga.pci.regions()[0];
    if (region?.space !== 'memory') throw new Error('no framebuffer');
    return region.window;
  };

  test('identification, limits, memory', () => {
    expect([read(0), read(10)]).toEqual([0xb0c5, 16]);
    vbe(4, 2);
    expect([read(1), read(2), read(3)]).toEqual([2560, 1600, 32]);
  });

  test.each([
    [32, [0x30, 0x20, 0x10, 0], [0x10, 0x20, 0x30]],
    [24, [0x30, 0x20, 0x10], [0x10, 0x20, 0x30]],
    [16, [0x00, 0xf8], [255, 0, 0]],
    [15, [0xe0, 0x03], [0, 255, 0]],
  ])('%i bits to a pixel', (depth, bytes, color) => {
    for (const [index, value] of [
      [1, 64],
      [2, 48],
      [3, depth],
      [4, 0x41],
    ] as const) {
      vbe(index, value);
    }
    const at = (3 * 64 + 2) * ((depth + 7) >> 3);
    for (const [i, byte] of bytes.entries()) linear().write(at + i, 1, byte);
    expect([vga.picture()?.width, vga.picture()?.height]).toEqual([64, 48]);
    expect(pixel(2, 3)).toEqual([...color, 255]);
  });

  test('banks at A0000h, panning, and the registers in memory', () => {
    vbe(1, 640);
    vbe(2, 480);
    vbe(3, 8);
    vbe(4, 1);
    indexed(0x3ce, 6, 5);
    vbe(5, 1);
    vga.window.write(0, 1, 7);
    expect(linear().read(0x10000, 1)).toBe(7);
    vga.pci.writeConfig(0x18, 4, 0xe1000000);
    const mmio = vga.pci.regions()[1];
    if (mmio?.space !== 'memory') throw new Error('no registers');
    expect([mmio.window.read(0x502, 2), mmio.window.read(0x50a, 2)]).toEqual([640, 1]);
    mmio.window.write(0x512, 2, 102);
    expect(read(9)).toBe(102);
    vbe(4, 0);
    expect(read(5)).toBe(0);
  });
});

test('what does not exist is reported once', () => {
  inb(vga.ports, 0x3cd - 0x3b0);
  inb(vga.ports, 0x3cd - 0x3b0);
  expect(events.unknown).toEqual(['VGA read port 3CDh']);
});

test('a saved screen is the same screen', () => {
  setMode(3);
  vga.window.write(0x18000, 2, 0x0741);
  const copy = new Vga({ clock, events, memory: new Uint8Array(1 << 20) });
  copy.restore(structuredClone(vga.save()));
  expect(copy.text()).toEqual(vga.text());
  expect(copy.picture()).toEqual(vga.picture());
});
