import { expect, it } from 'vitest';
import { COLUMNS, screenFromTextMemory, TEXT_BYTES } from './text-screen.ts';

it('reads characters, not attributes, in code page 437, without trailing blanks', () => {
  const cells = new Uint8Array(TEXT_BYTES);
  const put = (row: number, column: number, ...codes: number[]): void => {
    codes.forEach((code, index) => cells.set([code, 0x1f], (row * COLUMNS + column + index) * 2));
  };
  put(0, 0, 0x44, 0x72, 0x69, 0x66, 0x74);
  put(2, 2, 0xc9, 0xcd, 0xbb, 0x20);
  put(2, 79, 0xff);
  put(3, 0, 0x01, 0x7f, 0x80, 0xfe);
  expect(screenFromTextMemory(cells)).toBe('Drift\n\n  ╔═╗\n☺⌂Ç■');
});
