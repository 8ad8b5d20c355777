/** The AC '97 audio controller of the 82801AA with its codec: playback as samples for the host, recording of silence. Intel 290655, chapter 13. */
import type { AccessBytes, Clock, Device, DeviceEvents, GuestMemory, PortWindow, ScheduledCall } from '../device.ts';
import { COMMAND_BUS_MASTER, PciFunction, type PciFunctionState } from '../pci/pci-function.ts';
import { offsetName, UnknownRegisters } from '../unknown-registers.ts';
import {
  advance,
  CHANNEL_BYTES,
  type ChannelState,
  hasInterrupt,
  initialChannel,
  isRunning,
  readChannel,
  writeChannel,
} from './channel.ts';
import { initialMixer, Mixer } from './mixer.ts';

/** Channel 0 records, 2 is the microphone. */
const PCM_OUT = 1;
const MICROPHONE = 2;
const GLOBAL_CONTROL = 0x2c;
const GLOBAL_STATUS = 0x30;
const SEMAPHORE = 0x34;
const COLD_RESET_OFF = 0x02;
const PRIMARY_READY = 0x100;
const STEREO = 2;
const SECOND = 1_000_000_000n;
/** Samples are moved in pieces of this length. */
const STEP_NS = 5_000_000n;
/** What a machine that stood still missed is not played. */
const LONGEST_STEP_NS = 100_000_000n;

export interface Ac97Events extends DeviceEvents {
  /** Stereo samples, left and right in turn, in the guest's volume. */
  audio(samples: Int16Array, framesPerSecond: number): void;
}

export interface Ac97State {
  pci: PciFunctionState;
  mixer: Map<number, number>;
  channels: [ChannelState, ChannelState, ChannelState];
  globalControl: number;
  lastStep: bigint;
  /** Fractions of a sample that each channel is owed, in ns times samples. */
  owed: [bigint, bigint, bigint];
}

export interface Ac97Options {
  readonly clock: Clock;
  readonly memory: GuestMemory;
  readonly events: Ac97Events;
}

export class Ac97 implements Device<Ac97State> {
  readonly pci: PciFunction;
  readonly #options: Ac97Options;
  readonly #unknown: UnknownRegisters;
  readonly #mixer: Mixer;
  #channels: Ac97State['channels'] = [initialChannel(), initialChannel(), initialChannel()];
  #globalControl = 0;
  #lastStep = 0n;
  #owed: Ac97State['owed'] = [0n, 0n, 0n];
  #next: ScheduledCall | undefined;

  constructor(options: Ac97Options) {
    this.#options = options;
    this.#unknown = new UnknownRegisters('82801AA audio', options.events);
    this.#mixer = new Mixer(this.#unknown, () => undefined);
    this.pci = new PciFunction({
      identity: {
        vendor: 0x8086,
        device: 0x2415,
        classCode: 0x040100,
        revision: 1,
        subsystemVendor: 0x8086,
      },
      bars: {
        0: { space: 'port', bytes: 256, window: this.#mixer.ports },
        1: { space: 'port', bytes: 64, window: this.#busMaster() },
      },
      interruptPin: 1,
    });
  }

  #busMaster(): PortWindow {
    return {
      readPort: (offset, bytes) => this.#read(offset, bytes),
      writePort: (offset, bytes, value) => this.#write(offset, bytes, value),
    };
  }

  reset(): void {
    this.pci.reset();
    this.#resetRegisters();
    this.#update();
  }

  #resetRegisters(): void {
    this.#mixer.state = initialMixer();
    this.#channels = [initialChannel(), initialChannel(), initialChannel()];
    this.#owed = [0n, 0n, 0n];
  }

  save(): Ac97State {
    return structuredClone({
      pci: this.pci.save(),
      mixer: this.#mixer.state,
      channels: this.#channels,
      globalControl: this.#globalControl,
      lastStep: this.#lastStep,
      owed: this.#owed,
    });
  }

  restore(saved: Ac97State): void {
    const state = structuredClone(saved);
    this.pci.restore(state.pci);
    this.#mixer.state = state.mixer;
    this.#channels = state.channels;
    this.#globalControl = state.globalControl;
    this.#lastStep = state.lastStep;
    this.#owed = state.owed;
    this.#update();
  }

  readonly #load = (address: number): number => this.#options.memory.load(address, 4);

  #read(offset: number, bytes: AccessBytes): number {
    this.#step();
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.#byte(offset + i);
    return value;
  }

  #byte(offset: number): number {
    const channel = this.#channels.at(Math.floor(offset / CHANNEL_BYTES));
    if (offset < GLOBAL_CONTROL && channel !== undefined) return readChannel(channel, offset % CHANNEL_BYTES);
    if (offset < GLOBAL_STATUS) return (this.#globalControl >>> (8 * (offset - GLOBAL_CONTROL))) & 0xff;
    if (offset < SEMAPHORE) return (this.#globalStatus() >>> (8 * (offset - GLOBAL_STATUS))) & 0xff;
    // Reading the semaphore would take it; accesses take no time, so it is always free.
    return offset === SEMAPHORE ? 0 : this.#unknown.read(offsetName(offset)) & 0xff;
  }

  /** Which channel interrupts: bits 5 to 7; the codec is ready. */
  #globalStatus(): number {
    const bits = this.#channels.map((channel, index) => (hasInterrupt(channel) ? 0x20 << index : 0));
    return bits.reduce((all, bit) => all | bit, PRIMARY_READY);
  }

  #write(offset: number, bytes: AccessBytes, value: number): void {
    this.#step();
    const channel = this.#channels.at(Math.floor(offset / CHANNEL_BYTES));
    if (offset < GLOBAL_CONTROL && channel !== undefined) {
      writeChannel(channel, offset % CHANNEL_BYTES, bytes, value, this.#load);
    } else if (offset === GLOBAL_CONTROL) {
      if ((this.#globalControl & ~value & COLD_RESET_OFF) !== 0) this.#resetRegisters();
      this.#globalControl = value & 0x3f;
    } else if (offset < GLOBAL_STATUS || offset > SEMAPHORE) this.#unknown.write(offsetName(offset));
    this.#update();
  }

  /** Moves what the time since the last step owes each channel. */
  #step(): void {
    const now = this.#options.clock.now();
    const passed = now - this.#lastStep < LONGEST_STEP_NS ? now - this.#lastStep : LONGEST_STEP_NS;
    this.#lastStep = now;
    if ((this.pci.command & COMMAND_BUS_MASTER) === 0) return;
    for (const [index, channel] of this.#channels.entries()) {
      if (!isRunning(channel)) continue;
      const rate = this.#mixer.rate(index !== PCM_OUT);
      const count = index === MICROPHONE ? 1 : STEREO;
      this.#owed[index as 0] += passed * BigInt(rate);
      const frames = this.#owed[index as 0] / SECOND;
      this.#owed[index as 0] -= frames * SECOND;
      const move =
        index === PCM_OUT
          ? (at: number, n: number) => this.#play(at, n, rate)
          : (at: number, n: number) => this.#silence(at, n);
      advance(channel, Number(frames) * count, this.#load, move);
    }
  }

  #play(address: number, samples: number, rate: number): void {
    const bytes = new Uint8Array(2 * samples);
    this.#options.memory.read(address, bytes);
    const view = new DataView(bytes.buffer);
    const gains = this.#mixer.gains;
    const out = Int16Array.from({ length: samples }, (_, i) => {
      const sample = view.getInt16(2 * i, true) * gains[(i & 1) as 0];
      return Math.max(-32768, Math.min(32767, Math.round(sample)));
    });
    this.#options.events.audio(out, rate);
  }

  #silence(address: number, samples: number): void {
    this.#options.memory.write(address, new Uint8Array(2 * samples));
  }

  #update(): void {
    this.pci.interrupt.set(this.#channels.some(hasInterrupt));
    this.#next?.cancel();
    this.#next = undefined;
    if (!this.#channels.some(isRunning)) return;
    this.#next = this.#options.clock.schedule(this.#options.clock.now() + STEP_NS, () => {
      this.#step();
      this.#update();
    });
  }
}
