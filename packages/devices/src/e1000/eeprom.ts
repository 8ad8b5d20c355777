/** The 82540EM's EEPROM, 64 words on a Microwire bus that software clocks bit by bit (317453, 5.3 and 13.4.3); and the PHY behind MDIC. */

const CLOCK = 0x01;
const SELECT = 0x02;
const DATA_IN = 0x04;
const DATA_OUT = 0x08;
const REQUEST = 0x40;
const GRANT = 0x80;
const PRESENT = 0x100;
const WORDS = 64;
const ADDRESS_BITS = 6;
const OPCODE_READ = 0b110;
const COMMAND_BITS = 3 + ADDRESS_BITS;
const CHECKSUM = 0xbaba;

export interface EepromState {
  control: number;
  /** What has come in since the chip was selected, and how many bits. */
  command: number;
  commandBits: number;
  /** The word being sent, and its bits that are left; -1: nothing is being read. */
  word: number;
  bitsLeft: number;
}

export const initialEeprom = (): EepromState => ({ control: 0, command: 0, commandBits: 0, word: 0, bitsLeft: -1 });

/** The contents: the MAC address, subsystem IDs, and a checksum over all words. */
export function eepromWords(mac: Uint8Array): Uint16Array {
  const words = new Uint16Array(WORDS);
  for (let i = 0; i < 3; i++) words[i] = (mac[2 * i] ?? 0) | ((mac[2 * i + 1] ?? 0) << 8);
  words.set([0x400b, 0x100e, 0x8086, 0x100e, 0x8086], 0x0a);
  words[WORDS - 1] = CHECKSUM - words.reduce((sum, word) => sum + word, 0);
  return words;
}

/** EECD as it reads. While nothing is read the data line says "ready". */
export function readEecd(state: EepromState): number {
  const bit = state.bitsLeft < 0 ? 1 : (state.word >> state.bitsLeft) & 1;
  return state.control | PRESENT | ((state.control & REQUEST) !== 0 ? GRANT : 0) | (bit === 1 ? DATA_OUT : 0);
}

/** The chip takes a bit, and gives the next one, when the clock rises. */
export function writeEecd(state: EepromState, words: Uint16Array, value: number): void {
  const rises = (value & ~state.control & CLOCK) !== 0;
  const selected = (value & SELECT) !== 0;
  state.control = value & (CLOCK | SELECT | DATA_IN | REQUEST);
  if (!selected) Object.assign(state, { command: 0, commandBits: 0, bitsLeft: -1 });
  else if (rises && state.bitsLeft >= 0) state.bitsLeft--;
  else if (rises && (state.commandBits > 0 || (value & DATA_IN) !== 0)) {
    // A command starts with its first 1.
    state.command = (state.command << 1) | ((value & DATA_IN) !== 0 ? 1 : 0);
    if (++state.commandBits < COMMAND_BITS) return;
    if (state.command >> ADDRESS_BITS === OPCODE_READ) {
      state.word = words[state.command & (WORDS - 1)] as number;
      // A zero comes before the word's first bit.
      state.bitsLeft = 16;
    }
    state.command = 0;
    state.commandBits = 0;
  }
}

/** PHY registers (13.4.29): what they are after reset. Link up at 1000 Mb/s, full duplex, negotiated. */
export function initialPhy(): number[] {
  const phy = new Array<number>(32).fill(0);
  for (const [register, value] of [
    [0x00, 0x1140],
    [0x01, 0x796d],
    [0x02, 0x0141],
    [0x03, 0x0c20],
    [0x04, 0x0de1],
    [0x05, 0x45e1],
    [0x09, 0x0e00],
    [0x0a, 0x3c00],
    [0x0f, 0x3000],
    [0x10, 0x0360],
    [0x11, 0xac00],
    [0x14, 0x0d60],
  ] as const) {
    phy[register] = value;
  }
  return phy;
}
