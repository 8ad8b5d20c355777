/** A VGA with the Bochs VBE extension, as a PCI function: registers at ports and in memory. IBM VGA Hardware Interface TR; Bochs "VBE Display API". */
import { byteWideMemory, byteWidePorts } from '../byte-wide.ts';
import type { Clock, Device, DeviceEvents, MemoryWindow, PortWindow } from '../device.ts';
import { PciFunction, type PciFunctionState } from '../pci/pci-function.ts';
import { UnknownRegisters } from '../unknown-registers.ts';
import { vbeLimits, writeVbe } from './bochs-vbe.ts';
import { readVideoMemory, writeVideoMemory } from './vga-memory.ts';
import { type Picture, renderPicture } from './vga-render.ts';
import {
  initialVga,
  isText,
  type TextScreen,
  textScreen,
  VBE_ENABLE,
  VBE_GET_CAPABILITIES,
  VBE_MEMORY,
  type VgaState,
} from './vga-state.ts';

const FRAME_NS = 16_666_667n;
const RETRACE_NS = 1_200_000n;
const LINE_NS = 31_778n;
const BLANK_NS = 6_000n;
/** The crtc's protect bit is in its register 11h. */
const PROTECT = 0x80;
const MMIO_VGA = 0x400;
const MMIO_VBE = 0x500;

export interface VgaOptions {
  readonly clock: Clock;
  readonly events: DeviceEvents;
  /** Video memory, all zeros: a power of two, 256 KiB to 256 MiB. The composer may give cores direct access to it at BAR 0; call `touch` then. */
  readonly memory: Uint8Array;
  /** VGA BIOS for firmware that wants one in the expansion ROM. */
  readonly rom?: Uint8Array;
}

export interface VgaDeviceState {
  registers: VgaState;
  memory: Uint8Array;
  pci: PciFunctionState;
}

export class Vga implements Device<VgaDeviceState> {
  readonly pci: PciFunction;
  /** Ports 3B0h to 3DFh. */
  readonly ports: PortWindow;
  /** Ports 1CEh to 1D1h: VBE index and data. */
  readonly vbePorts: PortWindow;
  /** A0000h to BFFFFh. */
  readonly window: MemoryWindow;
  readonly memory: Uint8Array;
  readonly #clock: Clock;
  readonly #unknown: UnknownRegisters;
  #state: VgaState = initialVga();
  #changed = true;
  /** Memory may be something else than the zeros that it was given with. */
  #isWritten = false;

  constructor({ clock, events, memory, rom }: VgaOptions) {
    this.memory = memory;
    this.#clock = clock;
    this.#unknown = new UnknownRegisters('VGA', events);
    this.ports = byteWidePorts({
      readByte: (offset) => this.#readPort(0x3b0 + offset),
      writeByte: (offset, value) => this.#writePort(0x3b0 + offset, value),
    });
    this.vbePorts = {
      readPort: (offset, bytes) =>
        (offset === 0 ? this.#state.vbeIndex : this.#readVbe(this.#state.vbeIndex)) % 2 ** (8 * bytes),
      writePort: (offset, _bytes, value) => {
        if (offset === 0) this.#state.vbeIndex = value & 0xffff;
        else this.#writeVbe(this.#state.vbeIndex, value);
      },
    };
    this.window = byteWideMemory({
      readByte: (offset) => readVideoMemory(this.#state, memory, offset),
      writeByte: (offset, value) => {
        this.#noteWrite();
        writeVideoMemory(this.#state, memory, offset, value);
      },
    });
    this.pci = new PciFunction({
      identity: {
        vendor: 0x1234,
        device: 0x1111,
        classCode: 0x030000,
        revision: 2,
        subsystemVendor: 0x1af4,
        subsystem: 0x1100,
      },
      bars: {
        0: { space: 'memory', bytes: memory.length, window: this.#linear(), prefetchable: true },
        2: { space: 'memory', bytes: 4096, window: this.#registers() },
      },
      ...(rom === undefined ? {} : { rom }),
    });
  }

  /** Video memory at BAR 0. */
  #linear(): MemoryWindow {
    return byteWideMemory({
      readByte: (offset) => this.memory[offset] as number,
      writeByte: (offset, value) => {
        this.#noteWrite();
        this.memory[offset] = value;
      },
    });
  }

  /** BAR 2: ports 3C0h to 3DFh at 400h, VBE registers at 500h (QEMU's docs/specs/standard-vga). */
  #registers(): MemoryWindow {
    const isVga = (offset: number): boolean => offset >= MMIO_VGA && offset < MMIO_VGA + 0x20;
    const vbeIndex = (offset: number): number =>
      offset >= MMIO_VBE && offset < MMIO_VBE + 22 ? (offset - MMIO_VBE) >> 1 : -1;
    return {
      read: (offset, bytes) => {
        if (isVga(offset)) return this.ports.readPort(offset - MMIO_VGA + 0x10, bytes);
        const index = vbeIndex(offset);
        return index < 0 ? 2 ** (8 * bytes) - 1 : this.#readVbe(index) % 2 ** (8 * bytes);
      },
      write: (offset, bytes, value) => {
        const index = vbeIndex(offset);
        if (isVga(offset)) this.ports.writePort(offset - MMIO_VGA + 0x10, bytes, value);
        else if (index >= 0) this.#writeVbe(index, value & 0xffff);
      },
    };
  }

  reset(): void {
    this.#state = initialVga();
    if (this.#isWritten) this.memory.fill(0);
    this.#isWritten = false;
    this.pci.reset();
    this.#changed = true;
  }

  save(): VgaDeviceState {
    return { registers: structuredClone(this.#state), memory: this.memory.slice(), pci: this.pci.save() };
  }

  restore(state: VgaDeviceState): void {
    this.#state = structuredClone(state.registers);
    this.memory.set(state.memory);
    this.pci.restore(state.pci);
    this.#noteWrite();
  }

  #noteWrite(): void {
    this.#changed = true;
    this.#isWritten = true;
  }

  /** Something has been written since the last picture. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Video memory was written without this device: the picture has changed. */
  touch(): void {
    this.#noteWrite();
  }

  /** The picture as it is now; undefined before a mode is set. */
  picture(): Picture | undefined {
    this.#changed = false;
    return renderPicture(this.#state, this.memory);
  }

  /** The characters on screen; undefined in graphics modes, and before a mode is set. */
  text(): TextScreen | undefined {
    return isText(this.#state) && this.#state.crtc[0x12] !== 0 ? textScreen(this.#state, this.memory) : undefined;
  }

  /** Ports 3Bxh answer in monochrome modes, 3Dxh in color modes (miscellaneous output, bit 0). */
  #isElsewhere(port: number): boolean {
    const color = (this.#state.miscellaneous & 1) !== 0;
    return (port >= 0x3b0 && port < 0x3c0 && color) || (port >= 0x3d0 && !color);
  }

  #readPort(port: number): number {
    const state = this.#state;
    if (this.#isElsewhere(port)) return 0xff;
    switch (port) {
      case 0x3c0:
        return state.attributeIndex;
      case 0x3c1:
        return state.attribute[state.attributeIndex & 0x1f] as number;
      case 0x3c2:
        return 0x10;
      case 0x3c4:
        return state.sequencerIndex;
      case 0x3c5:
        return state.sequencer[state.sequencerIndex & 7] as number;
      case 0x3c6:
        return state.pelMask;
      case 0x3c7:
        return state.dacReading ? 3 : 0;
      case 0x3c8:
        return state.dacWriteIndex;
      case 0x3c9:
        return this.#readDac();
      case 0x3ca:
        return state.featureControl;
      case 0x3cc:
        return state.miscellaneous;
      case 0x3ce:
        return state.graphicsIndex;
      case 0x3cf:
        return state.graphics[state.graphicsIndex & 15] as number;
      case 0x3b4:
      case 0x3d4:
        return state.crtcIndex;
      case 0x3b5:
      case 0x3d5:
        return state.crtc[state.crtcIndex & 0x1f] as number;
      case 0x3ba:
      case 0x3da:
        return this.#inputStatus();
      default:
        return this.#unknown.read(`port ${port.toString(16).toUpperCase()}h`);
    }
  }

  /** Retrace and blanking by the clock, at 60 Hz; reading makes the next write to 3C0h an index. */
  #inputStatus(): number {
    this.#state.attributeData = false;
    const now = this.#clock.now();
    const vertical = now % FRAME_NS > FRAME_NS - RETRACE_NS;
    const horizontal = now % LINE_NS > LINE_NS - BLANK_NS;
    return (vertical ? 0x09 : 0) | (horizontal ? 0x01 : 0);
  }

  #readDac(): number {
    const state = this.#state;
    const value = state.dac[state.dacReadIndex * 3 + state.dacComponent] as number;
    state.dacComponent = (state.dacComponent + 1) % 3;
    if (state.dacComponent === 0) state.dacReadIndex = (state.dacReadIndex + 1) & 0xff;
    return value;
  }

  #writePort(port: number, value: number): void {
    const state = this.#state;
    if (this.#isElsewhere(port)) return;
    this.#changed = true;
    switch (port) {
      case 0x3c0:
        this.#writeAttribute(value);
        break;
      case 0x3c2:
        state.miscellaneous = value;
        break;
      case 0x3c4:
        state.sequencerIndex = value;
        break;
      case 0x3c5:
        state.sequencer[state.sequencerIndex & 7] = value;
        break;
      case 0x3c6:
        state.pelMask = value;
        break;
      case 0x3c7:
        state.dacReadIndex = value;
        state.dacComponent = 0;
        state.dacReading = true;
        break;
      case 0x3c8:
        state.dacWriteIndex = value;
        state.dacComponent = 0;
        state.dacReading = false;
        break;
      case 0x3c9:
        this.#writeDac(value);
        break;
      case 0x3ce:
        state.graphicsIndex = value;
        break;
      case 0x3cf:
        state.graphics[state.graphicsIndex & 15] = value;
        break;
      case 0x3b4:
      case 0x3d4:
        state.crtcIndex = value;
        break;
      case 0x3b5:
      case 0x3d5:
        this.#writeCrtc(state.crtcIndex & 0x1f, value);
        break;
      case 0x3ba:
      case 0x3da:
        state.featureControl = value;
        break;
      default:
        this.#unknown.write(`port ${port.toString(16).toUpperCase()}h`);
    }
  }

  /** Index and data in turn. The palette can be written only while bit 5 of the index blanks the screen. */
  #writeAttribute(value: number): void {
    const state = this.#state;
    if (!state.attributeData) state.attributeIndex = value & 0x3f;
    else {
      const index = state.attributeIndex & 0x1f;
      if (index >= 16 || (state.attributeIndex & 0x20) === 0) state.attribute[index] = value;
    }
    state.attributeData = !state.attributeData;
  }

  #writeDac(value: number): void {
    const state = this.#state;
    state.dac[state.dacWriteIndex * 3 + state.dacComponent] = value;
    state.dacComponent = (state.dacComponent + 1) % 3;
    if (state.dacComponent === 0) state.dacWriteIndex = (state.dacWriteIndex + 1) & 0xff;
  }

  /** Registers 0 to 7 may be protected; but bit 4 of the overflow register, of the line compare, never is. */
  #writeCrtc(index: number, value: number): void {
    const { crtc } = this.#state;
    if (index > 7 || ((crtc[0x11] as number) & PROTECT) === 0) crtc[index] = value;
    else if (index === 7) crtc[7] = ((crtc[7] as number) & ~0x10) | (value & 0x10);
  }

  #readVbe(index: number): number {
    const { vbe } = this.#state;
    const limits = ((vbe[VBE_ENABLE] as number) & VBE_GET_CAPABILITIES) !== 0;
    return (limits ? vbeLimits[index] : undefined) ?? this.#vbeRegister(index);
  }

  #vbeRegister(index: number): number {
    if (index === VBE_MEMORY) return this.memory.length >> 16;
    return this.#state.vbe[index] ?? this.#unknown.read(`VBE index ${index}`) & 0xffff;
  }

  #writeVbe(index: number, value: number): void {
    this.#changed = true;
    if (index >= this.#state.vbe.length) this.#unknown.write(`VBE index ${index}`);
    else writeVbe(this.#state, this.memory, index, value);
  }
}
