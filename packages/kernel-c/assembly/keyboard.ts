/**
 * PS/2 keyboard on the 8042: scan code set 1, US layout, into a ring of bytes as a terminal would send them.
 * Letters, digits, punctuation, Shift, Ctrl, Caps Lock; arrows, Home, End and Delete become their ANSI sequences.
 */
import { inb, outb } from '@drift-os/abi/assembly/generated/cpu';

const DATA: u16 = 0x60;
const STATUS: u16 = 0x64;
const STATUS_OUTPUT_FULL: u8 = 0x01;
const STATUS_INPUT_FULL: u8 = 0x02;
/** The byte came from the mouse. */
const STATUS_AUXILIARY: u8 = 0x20;
/** What an absent controller reads as. */
const STATUS_ABSENT: u8 = 0xff;
const PATIENCE: i32 = 100_000;

const RELEASED: u8 = 0x80;
const PREFIX_E0: u8 = 0xe0;
const KEY_CTRL: u8 = 0x1d;
const KEY_SHIFT_LEFT: u8 = 0x2a;
const KEY_SHIFT_RIGHT: u8 = 0x36;
const KEY_CAPS_LOCK: u8 = 0x3a;

/** Bytes of scan codes 0x00 to 0x39; 0: no character. Rows: number row, upper, home, lower letter row. */
// biome-ignore format: one row of the keyboard per line
const plain: usize = memory.data<u8>([
  0, 0x1b, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x30, 0x2d, 0x3d, 0x7f, 0x09,
  0x71, 0x77, 0x65, 0x72, 0x74, 0x79, 0x75, 0x69, 0x6f, 0x70, 0x5b, 0x5d, 0x0d, 0,
  0x61, 0x73, 0x64, 0x66, 0x67, 0x68, 0x6a, 0x6b, 0x6c, 0x3b, 0x27, 0x60, 0, 0x5c,
  0x7a, 0x78, 0x63, 0x76, 0x62, 0x6e, 0x6d, 0x2c, 0x2e, 0x2f, 0, 0x2a, 0, 0x20,
]);
// biome-ignore format: one row of the keyboard per line
const shifted: usize = memory.data<u8>([
  0, 0x1b, 0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a, 0x28, 0x29, 0x5f, 0x2b, 0x7f, 0x09,
  0x51, 0x57, 0x45, 0x52, 0x54, 0x59, 0x55, 0x49, 0x4f, 0x50, 0x7b, 0x7d, 0x0d, 0,
  0x41, 0x53, 0x44, 0x46, 0x47, 0x48, 0x4a, 0x4b, 0x4c, 0x3a, 0x22, 0x7e, 0, 0x7c,
  0x5a, 0x58, 0x43, 0x56, 0x42, 0x4e, 0x4d, 0x3c, 0x3e, 0x3f, 0, 0x2a, 0, 0x20,
]);
const SCAN_CODES: u8 = 0x3a;

const RING_BYTES: u32 = 256;
const ring: usize = memory.data(RING_BYTES);
const headAt: usize = memory.data(4, 4);
const tailAt: usize = memory.data(4, 4);

let present = false;
let shift = false;
let control = false;
let capsLock = false;
let extended = false;

function put(byte: u8): void {
  const head = atomic.load<u32>(headAt);
  if (head - atomic.load<u32>(tailAt) == RING_BYTES) return;
  store<u8>(ring + (head & (RING_BYTES - 1)), byte);
  atomic.store<u32>(headAt, head + 1);
}

/** ESC [ final, or ESC [ number ~ . */
function putSequence(first: u8, last: u8): void {
  put(0x1b);
  put(0x5b);
  put(first);
  if (last != 0) put(last);
}

function command(value: u8): void {
  for (let i = 0; i < PATIENCE && (inb(STATUS) & STATUS_INPUT_FULL) != 0; i++) {}
  outb(STATUS, value);
}

function data(value: u8): void {
  for (let i = 0; i < PATIENCE && (inb(STATUS) & STATUS_INPUT_FULL) != 0; i++) {}
  outb(DATA, value);
}

/** Empties the controller and enables the keyboard's interrupt (ISA IRQ 1) and translation to set 1. */
export function keyboardInitialize(): void {
  present = inb(STATUS) != STATUS_ABSENT;
  if (!present) return;
  for (let i = 0; i < 64 && (inb(STATUS) & STATUS_OUTPUT_FULL) != 0; i++) inb(DATA);
  command(0xae); // enable the first port
  command(0x60); // write the configuration byte:
  data(0x65); // interrupt on, translation on, system flag, mouse port off
}

/** Takes what the controller holds. Called by the interrupt handler, and by a loop that polls with interrupts off. */
export function keyboardReceive(): void {
  if (!present) return;
  for (let i = 0; i < 32; i++) {
    const status = inb(STATUS);
    if ((status & STATUS_OUTPUT_FULL) == 0) return;
    const code = inb(DATA);
    if ((status & STATUS_AUXILIARY) == 0) scanCode(code);
  }
}

/** One byte of scan code set 1. */
export function scanCode(code: u8): void {
  if (code == PREFIX_E0) {
    extended = true;
    return;
  }
  const isExtended = extended;
  extended = false;
  const pressed = (code & RELEASED) == 0;
  const key = code & ~RELEASED;
  if (key == KEY_CTRL) control = pressed;
  else if (isExtended) {
    if (pressed) extendedKey(key);
  } else if (key == KEY_SHIFT_LEFT || key == KEY_SHIFT_RIGHT) shift = pressed;
  else if (!pressed) return;
  else if (key == KEY_CAPS_LOCK) capsLock = !capsLock;
  else if (key < SCAN_CODES) character(key);
}

function character(key: u8): void {
  const lower = load<u8>(plain + key);
  const letter = lower >= 0x61 && lower <= 0x7a;
  const byte = shift != (capsLock && letter) ? load<u8>(shifted + key) : lower;
  if (byte == 0) return;
  put(control && letter ? byte & 0x1f : byte);
}

function extendedKey(key: u8): void {
  if (key == 0x48)
    putSequence(0x41, 0); // up
  else if (key == 0x50)
    putSequence(0x42, 0); // down
  else if (key == 0x4d)
    putSequence(0x43, 0); // right
  else if (key == 0x4b)
    putSequence(0x44, 0); // left
  else if (key == 0x47)
    putSequence(0x48, 0); // Home
  else if (key == 0x4f)
    putSequence(0x46, 0); // End
  else if (key == 0x53)
    putSequence(0x33, 0x7e); // Delete
  else if (key == 0x1c)
    put(0x0d); // Enter of the keypad
  else if (key == 0x35) put(0x2f); // slash of the keypad
}

/** Next byte typed, or -1. */
export function keyboardRead(): i32 {
  const tail = atomic.load<u32>(tailAt);
  if (tail == atomic.load<u32>(headAt)) return -1;
  const byte = load<u8>(ring + (tail & (RING_BYTES - 1)));
  atomic.store<u32>(tailAt, tail + 1);
  return byte;
}
