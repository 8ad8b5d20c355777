/** The 82441FX host bridge (PMC): identification, and the attribute registers that shadow ROM with RAM. Intel 290549, 3.2. */
import { PciFunction, type PciFunctionState } from './pci-function.ts';
import type { Device } from '../device.ts';

const PAM0 = 0x59;
const PAM_REGISTERS = 7;
const SMRAM = 0x72;

/** A part of C0000h to FFFFFh, and what answers there: RAM, or what is on the bus (ROM). Writes that do not go to RAM are lost. */
export interface ShadowSegment {
  readonly start: number;
  readonly bytes: number;
  readonly readRam: boolean;
  readonly writeRam: boolean;
}

export interface I440fxOptions {
  /** Called for each segment whose attributes change. After reset all reads and writes go to the bus. */
  readonly shadow: (segment: ShadowSegment) => void;
}

export class I440fx implements Device<PciFunctionState> {
  readonly pci: PciFunction;
  readonly #options: I440fxOptions;
  #applied: number[] = new Array<number>(PAM_REGISTERS).fill(0);

  constructor(options: I440fxOptions) {
    this.#options = options;
    this.pci = new PciFunction({
      identity: {
        vendor: 0x8086,
        device: 0x1237,
        classCode: 0x060000,
        revision: 2,
        subsystemVendor: 0x1af4,
        subsystem: 0x1100,
      },
      written: () => this.#apply(),
    });
    this.pci.define(PAM0, 1, 0, 0x30);
    for (let i = 1; i < PAM_REGISTERS; i++) this.pci.define(PAM0 + i, 1, 0, 0x33);
    this.pci.define(SMRAM, 1, 0x02, 0x78);
  }

  reset(): void {
    this.pci.reset();
    this.#apply();
  }

  save(): PciFunctionState {
    return this.pci.save();
  }

  restore(state: PciFunctionState): void {
    this.pci.restore(state);
    this.#apply();
  }

  /** PAM0's upper half is the 64 KiB from F0000h; the halves of PAM1 to PAM6 are 16 KiB each from C0000h. */
  #apply(): void {
    for (let i = 0; i < PAM_REGISTERS; i++) {
      const value = this.pci.value(PAM0 + i, 1);
      const changed = value ^ (this.#applied[i] as number);
      this.#applied[i] = value;
      if ((changed & 0x03) !== 0) this.#segment(0xc0000 + (i - 1) * 0x8000, 0x4000, value);
      if ((changed & 0x30) === 0) continue;
      if (i === 0) this.#segment(0xf0000, 0x10000, value >> 4);
      else this.#segment(0xc4000 + (i - 1) * 0x8000, 0x4000, value >> 4);
    }
  }

  #segment(start: number, bytes: number, attributes: number): void {
    this.#options.shadow({ start, bytes, readRam: (attributes & 1) !== 0, writeRam: (attributes & 2) !== 0 });
  }
}
