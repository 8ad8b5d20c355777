/** System control ports: 61h (timer gate, speaker, refresh) and 92h (A20 line and fast reset). Intel 82371SB (290550) 2.5.5, 2.5.9. */
import { byteWidePorts } from './byte-wide.ts';
import type { Clock, InterruptLine, PortWindow } from './device.ts';
import { StatefulDevice } from './stateful-device.ts';

const GATE = 0x01;
const SPEAKER = 0x02;
const WRITABLE = 0x0f;
const REFRESH = 0x10;
const OUT2 = 0x20;
const REFRESH_NS = 15_085n;

export interface SystemControlBState {
  value: number;
}

/** What port 61h shows and gates of the timer. */
export interface TimerCounter2 {
  setGate(level: boolean): void;
  readonly output: boolean;
}

export interface SystemControlBOptions {
  readonly clock: Clock;
  readonly timer: TimerCounter2;
  /** The speaker is fed by the timer's output. */
  readonly speakerEnabled?: (enabled: boolean) => void;
}

export class SystemControlB extends StatefulDevice<SystemControlBState> {
  /** Port 61h. */
  readonly ports: PortWindow;
  readonly #options: SystemControlBOptions;

  constructor(options: SystemControlBOptions) {
    super({ value: 0 });
    this.#options = options;
    this.ports = byteWidePorts({ readByte: () => this.#read(), writeByte: (_offset, value) => this.#write(value) });
  }

  reset(): void {
    this.#write(0);
  }

  protected override restored(): void {
    this.#write(this.state.value);
  }

  #read(): number {
    const { clock, timer } = this.#options;
    const refresh = (clock.now() / REFRESH_NS) & 1n ? REFRESH : 0;
    return this.state.value | refresh | (timer.output ? OUT2 : 0);
  }

  #write(value: number): void {
    this.state.value = value & WRITABLE;
    this.#options.timer.setGate((value & GATE) !== 0);
    this.#options.speakerEnabled?.((value & SPEAKER) !== 0);
  }
}

export interface SystemControlAState {
  value: number;
}

export interface SystemControlAOptions {
  /** A20: the same line as the 8042's. Whichever was written last decides. */
  readonly a20: InterruptLine;
  readonly events: { reset(): void };
}

export class SystemControlA extends StatefulDevice<SystemControlAState> {
  /** Port 92h. */
  readonly ports: PortWindow;

  constructor({ a20, events }: SystemControlAOptions) {
    super({ value: 0 });
    this.ports = byteWidePorts({
      readByte: () => this.state.value,
      writeByte: (_offset, value) => {
        const resets = (value & ~this.state.value & 1) !== 0;
        this.state.value = value & 0x03;
        a20.set((value & 0x02) !== 0);
        if (resets) events.reset();
      },
    });
  }

  reset(): void {
    this.state.value = 0;
  }
}
