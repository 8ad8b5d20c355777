/** Writes to the screen's own memory: 80 by 25 cells of a character and a colour, at B8000h. */
import { log, takeCustody } from '@drift-os/kernel-w/sdk';
import { VGA_TEXT } from '@drift-os/abi/layout/memory-map';
import { STATUS_OK } from '@drift-os/abi/layout/messages';

const COLUMNS = 80;
const ROWS = 25;
const WHITE_ON_BLUE: u16 = 0x1f00;

function put(row: u32, column: u32, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const cell = VGA_TEXT + (row * COLUMNS + column + i) * 2;
    atomic.store<u16>(cell, <u16>text.charCodeAt(i) | WHITE_ON_BLUE);
  }
}

export function init(): void {
  // One instance at a time has the screen. Thread/C writes no more to it until this one ends.
  if (takeCustody(VGA_TEXT, COLUMNS * ROWS * 2) != STATUS_OK) {
    log('somebody else has the screen');
    return;
  }
  put(11, 30, '                    ');
  put(12, 30, '  Hello from Drift  ');
  put(13, 30, '                    ');
  log('hello is on the screen');
}
