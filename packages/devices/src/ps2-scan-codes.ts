/** Scan codes of a PC keyboard, by the key names of the web's KeyboardEvent.code; and the 8042's translation from set 2 to set 1. */

/** Set 2 make codes (IBM Technical Reference, "Scan Code Set 2"). Above FFh: behind an E0h prefix. */
const set2: Readonly<Record<string, number>> = {
  Escape: 0x76,
  F1: 0x05,
  F2: 0x06,
  F3: 0x04,
  F4: 0x0c,
  F5: 0x03,
  F6: 0x0b,
  F7: 0x83,
  F8: 0x0a,
  F9: 0x01,
  F10: 0x09,
  F11: 0x78,
  F12: 0x07,
  Backquote: 0x0e,
  Digit1: 0x16,
  Digit2: 0x1e,
  Digit3: 0x26,
  Digit4: 0x25,
  Digit5: 0x2e,
  Digit6: 0x36,
  Digit7: 0x3d,
  Digit8: 0x3e,
  Digit9: 0x46,
  Digit0: 0x45,
  Minus: 0x4e,
  Equal: 0x55,
  Backspace: 0x66,
  Tab: 0x0d,
  KeyQ: 0x15,
  KeyW: 0x1d,
  KeyE: 0x24,
  KeyR: 0x2d,
  KeyT: 0x2c,
  KeyY: 0x35,
  KeyU: 0x3c,
  KeyI: 0x43,
  KeyO: 0x44,
  KeyP: 0x4d,
  BracketLeft: 0x54,
  BracketRight: 0x5b,
  Backslash: 0x5d,
  CapsLock: 0x58,
  KeyA: 0x1c,
  KeyS: 0x1b,
  KeyD: 0x23,
  KeyF: 0x2b,
  KeyG: 0x34,
  KeyH: 0x33,
  KeyJ: 0x3b,
  KeyK: 0x42,
  KeyL: 0x4b,
  Semicolon: 0x4c,
  Quote: 0x52,
  Enter: 0x5a,
  ShiftLeft: 0x12,
  IntlBackslash: 0x61,
  KeyZ: 0x1a,
  KeyX: 0x22,
  KeyC: 0x21,
  KeyV: 0x2a,
  KeyB: 0x32,
  KeyN: 0x31,
  KeyM: 0x3a,
  Comma: 0x41,
  Period: 0x49,
  Slash: 0x4a,
  ShiftRight: 0x59,
  ControlLeft: 0x14,
  AltLeft: 0x11,
  Space: 0x29,
  NumLock: 0x77,
  ScrollLock: 0x7e,
  NumpadMultiply: 0x7c,
  NumpadSubtract: 0x7b,
  NumpadAdd: 0x79,
  NumpadDecimal: 0x71,
  Numpad0: 0x70,
  Numpad1: 0x69,
  Numpad2: 0x72,
  Numpad3: 0x7a,
  Numpad4: 0x6b,
  Numpad5: 0x73,
  Numpad6: 0x74,
  Numpad7: 0x6c,
  Numpad8: 0x75,
  Numpad9: 0x7d,
  NumpadEnter: 0xe05a,
  NumpadDivide: 0xe04a,
  ControlRight: 0xe014,
  AltRight: 0xe011,
  MetaLeft: 0xe01f,
  MetaRight: 0xe027,
  ContextMenu: 0xe02f,
  Insert: 0xe070,
  Home: 0xe06c,
  PageUp: 0xe07d,
  Delete: 0xe071,
  End: 0xe069,
  PageDown: 0xe07a,
  ArrowUp: 0xe075,
  ArrowLeft: 0xe06b,
  ArrowDown: 0xe072,
  ArrowRight: 0xe074,
};

const BREAK = 0xf0;

/** Whether a PC keyboard has a key of this code. */
export function isKeyCode(code: string): boolean {
  return set2Bytes(code, true) !== undefined;
}

/** What a keyboard sends in set 2 for a key going down or up; undefined for a key it does not have. */
export function set2Bytes(code: string, pressed: boolean): number[] | undefined {
  // Two keys that send sequences of their own: Pause has no break code, PrintScreen comes with a simulated Shift.
  if (code === 'Pause') return pressed ? [0xe1, 0x14, 0x77, 0xe1, BREAK, 0x14, BREAK, 0x77] : [];
  if (code === 'PrintScreen') {
    return pressed ? [0xe0, 0x12, 0xe0, 0x7c] : [0xe0, BREAK, 0x7c, 0xe0, BREAK, 0x12];
  }
  const make = Object.hasOwn(set2, code) ? (set2[code] as number) : undefined;
  if (make === undefined) return undefined;
  const bytes = make > 0xff ? [0xe0] : [];
  if (!pressed) bytes.push(BREAK);
  bytes.push(make & 0xff);
  return bytes;
}

/** Set 2 to set 1, for codes 00h to 7Fh (Microsoft Keyboard Scan Code Specification, appendix A; the 8042's ROM has the same table). */
const translation = Uint8Array.from(
  (
    'ff43413f3d3b3c58644442403e0f2959' +
    '65382a701d10025a66712c1f1e11035b' +
    '672e2d201205045c68392f211413065d' +
    '693130232215075e6a7232241608095f' +
    '6b332517180b0a606c34352627190c61' +
    '6d7328741a0d626e3a361c1b752b6376' +
    '55567778797a0e7b7c4f7d4b477e7f6f' +
    '5253504c4d480145574e514a37494654'
  ).match(/../g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);

/** Translates a stream of set 2 bytes, one at a time. @returns the set 1 byte, or undefined for F0h, which marks the next one. */
export function translateByte(byte: number, breakPending: boolean): number | undefined {
  if (byte === BREAK) return undefined;
  const code = byte === 0x83 ? 0x41 : byte === 0x84 ? 0x54 : byte < 0x80 ? (translation[byte] as number) : byte;
  return breakPending ? code | 0x80 : code;
}
