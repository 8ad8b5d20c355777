/** Register values of the video modes, as IBM's VGA BIOS has them (IBM Personal System/2 Hardware Interface TR, "Video Subsystem"). */

export interface VideoMode {
  readonly number: number;
  readonly text: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly characterHeight: number;
  readonly pageBytes: number;
  readonly miscellaneous: number;
  /** Sequencer 1 to 4. */
  readonly sequencer: readonly number[];
  readonly crtc: readonly number[];
  readonly graphics: readonly number[];
  readonly attribute: readonly number[];
}

const egaPalette = [0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f];
const straightPalette = Array.from({ length: 16 }, (_, i) => i);

const hex = (text: string): number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16));

export const videoModes: readonly VideoMode[] = [
  {
    number: 0x03,
    text: true,
    columns: 80,
    rows: 25,
    characterHeight: 16,
    pageBytes: 4096,
    miscellaneous: 0x67,
    sequencer: [0x00, 0x03, 0x00, 0x02],
    crtc: hex('5f 4f 50 82 55 81 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 28 1f 96 b9 a3 ff'),
    graphics: hex('00 00 00 00 00 10 0e 0f ff'),
    attribute: [...egaPalette, 0x0c, 0x00, 0x0f, 0x08, 0x00],
  },
  {
    number: 0x12,
    text: false,
    columns: 80,
    rows: 30,
    characterHeight: 16,
    pageBytes: 0xa000,
    miscellaneous: 0xe3,
    sequencer: [0x01, 0x0f, 0x00, 0x06],
    crtc: hex('5f 4f 50 82 54 80 0b 3e 00 40 00 00 00 00 00 00 ea 8c df 28 00 e7 04 e3 ff'),
    graphics: hex('00 00 00 00 00 00 05 0f ff'),
    attribute: [...egaPalette, 0x01, 0x00, 0x0f, 0x00, 0x00],
  },
  {
    number: 0x13,
    text: false,
    columns: 40,
    rows: 25,
    characterHeight: 8,
    pageBytes: 0xfa00,
    miscellaneous: 0x63,
    sequencer: [0x01, 0x0f, 0x00, 0x0e],
    crtc: hex('5f 4f 50 82 54 80 bf 1f 00 41 00 00 00 00 00 00 9c 8e 8f 28 40 96 b9 a3 ff'),
    graphics: hex('00 00 00 00 00 40 05 0f ff'),
    attribute: [...straightPalette, 0x41, 0x00, 0x0f, 0x00, 0x00],
  },
];

/** The 64 colors of an EGA monitor, 6 bits to a component: two bits of each in the index, bit 5 to 3 the weaker ones. */
export function egaColors(): number[] {
  const component = (strong: number, weak: number): number => strong * 42 + weak * 21;
  return Array.from({ length: 64 }, (_, i) => [
    component((i >> 2) & 1, (i >> 5) & 1),
    component((i >> 1) & 1, (i >> 4) & 1),
    component(i & 1, (i >> 3) & 1),
  ]).flat();
}

/**
 * The 256 colors of mode 13h: the 16 of CGA, 16 greys, then 24 hues in three brightnesses of three saturations, and black. Hues go
 * from blue over red and green; each component rises, stays and falls in steps of a quarter.
 */
export function mode13Colors(): number[] {
  const ega = egaColors();
  const cga = egaPalette.flatMap((index) => ega.slice(index * 3, index * 3 + 3));
  const greys = hex('00 05 08 0b 0e 11 14 18 1c 20 24 28 2d 32 38 3f').flatMap((grey) => [grey, grey, grey]);
  const colors = [...cga, ...greys];
  for (const brightness of [63, 28, 16]) {
    for (const lowest of [0, 0.49, 0.71]) {
      for (let hue = 0; hue < 24; hue++) {
        for (const offset of [16, 0, 8]) {
          // Full for 8 of 24 hues, falling and rising for 4 each, lowest for the rest.
          const distance = Math.abs(((hue - offset - 8 + 36) % 24) - 12);
          const level = Math.max(0, Math.min(1, (8 - distance) / 4));
          colors.push(Math.round(brightness * (lowest + (1 - lowest) * level)));
        }
      }
    }
  }
  while (colors.length < 768) colors.push(0);
  return colors;
}
