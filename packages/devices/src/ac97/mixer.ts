/** The mixer of an AC '97 codec: registers that hold volumes, the sample rates. Audio Codec '97 2.3, 5.7 and 5.8. */
import type { PortWindow } from '../device.ts';
import { offsetName, type UnknownRegisters } from '../unknown-registers.ts';

const RESET = 0x00;
const MASTER_VOLUME = 0x02;
const PCM_OUT_VOLUME = 0x18;
const POWERDOWN = 0x26;
const EXTENDED_ID = 0x28;
const EXTENDED_STATUS = 0x2a;
const FRONT_RATE = 0x2c;
const INPUT_RATE = 0x32;
const VENDOR_ID_1 = 0x7c;
const VENDOR_ID_2 = 0x7e;
const MUTE = 0x8000;
/** Variable rate audio. */
const VARIABLE_RATE = 0x0001;
const ALL_READY = 0x000f;
const DEFAULT_RATE = 48_000;
const SLOWEST_RATE = 8_000;

/** Offset to value after reset, and which bits software may change. */
const registers: Readonly<Record<number, readonly [value: number, writable: number]>> = {
  [RESET]: [0, 0],
  [MASTER_VOLUME]: [MUTE, 0x9f1f],
  0x04: [MUTE, 0x9f1f],
  0x06: [MUTE, 0x801f],
  0x0a: [0, 0x801e],
  0x0c: [0x8008, 0x801f],
  0x0e: [0x8008, 0x805f],
  0x10: [0x8808, 0x9f1f],
  0x12: [0x8808, 0x9f1f],
  0x14: [0x8808, 0x9f1f],
  0x16: [0x8808, 0x9f1f],
  [PCM_OUT_VOLUME]: [0x8808, 0x9f1f],
  0x1a: [0, 0x0707],
  0x1c: [MUTE, 0x8f0f],
  0x20: [0, 0xff80],
  [POWERDOWN]: [ALL_READY, 0xff00],
  [EXTENDED_ID]: [VARIABLE_RATE, 0],
  [EXTENDED_STATUS]: [0, VARIABLE_RATE],
  [FRONT_RATE]: [DEFAULT_RATE, 0xffff],
  [INPUT_RATE]: [DEFAULT_RATE, 0xffff],
  // SigmaTel STAC9700: what drivers know without quirks.
  [VENDOR_ID_1]: [0x8384, 0],
  [VENDOR_ID_2]: [0x7600, 0],
};

export class Mixer {
  /** 256 ports; registers are words. */
  readonly ports: PortWindow;
  state: Map<number, number> = initialMixer();
  readonly #changed: () => void;
  readonly #unknown: UnknownRegisters;

  constructor(unknown: UnknownRegisters, changed: () => void) {
    this.#unknown = unknown;
    this.#changed = changed;
    this.ports = {
      readPort: (offset, bytes) => {
        const value = this.state.get(offset & ~1) ?? this.#unknown.read(`mixer ${offsetName(offset)}`);
        return (value >>> (8 * (offset & 1))) % 2 ** (8 * bytes);
      },
      writePort: (offset, _bytes, value) => this.#write(offset & ~1, value & 0xffff),
    };
  }

  #write(offset: number, value: number): void {
    const register = registers[offset];
    if (register === undefined) {
      this.#unknown.write(`mixer ${offsetName(offset)}`);
      return;
    }
    const old = this.state.get(offset) ?? 0;
    if (offset === RESET) this.state = initialMixer();
    else if (offset === FRONT_RATE || offset === INPUT_RATE)
      this.state.set(offset, Math.max(SLOWEST_RATE, Math.min(DEFAULT_RATE, value)));
    else this.state.set(offset, (old & ~register[1]) | (value & register[1]));
    this.#changed();
  }

  /** Frames to a second; 48000 unless variable rates are enabled. */
  rate(input: boolean): number {
    const variable = ((this.state.get(EXTENDED_STATUS) ?? 0) & VARIABLE_RATE) !== 0;
    return variable ? (this.state.get(input ? INPUT_RATE : FRONT_RATE) ?? DEFAULT_RATE) : DEFAULT_RATE;
  }

  /** Gain of left and right, 0 to 1 and above: master attenuation in 1.5 dB steps, and the PCM volume, of which step 8 is 0 dB. */
  get gains(): readonly [left: number, right: number] {
    const master = this.state.get(MASTER_VOLUME) ?? MUTE;
    const pcm = this.state.get(PCM_OUT_VOLUME) ?? MUTE;
    if (((master | pcm) & MUTE) !== 0) return [0, 0];
    const gain = (shift: number): number =>
      10 ** (-(1.5 * (((master >> shift) & 31) + ((pcm >> shift) & 31) - 8)) / 20);
    return [gain(8), gain(0)];
  }
}

export function initialMixer(): Map<number, number> {
  return new Map(Object.entries(registers).map(([offset, [value]]) => [Number(offset), value]));
}
