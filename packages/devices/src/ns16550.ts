/**
 * The 16550A UART. National Semiconductor PC16550D data sheet (TL/C/8652).
 *
 * Sending takes no time. What the host sends waits outside until the receiver has room, so nothing is overrun.
 */
import { byteWidePorts } from './byte-wide.ts';
import type { InterruptLine, PortWindow } from './device.ts';
import { StatefulDevice } from './stateful-device.ts';

const RBR_THR = 0;
const IER = 1;
const IIR_FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

const IER_RECEIVED = 0x01;
const IER_THR_EMPTY = 0x02;
const IER_LINE_STATUS = 0x04;
const IER_MODEM_STATUS = 0x08;
const IIR_NONE = 0x01;
const IIR_MODEM_STATUS = 0x00;
const IIR_THR_EMPTY = 0x02;
const IIR_RECEIVED = 0x04;
const IIR_LINE_STATUS = 0x06;
const IIR_TIMEOUT = 0x0c;
const IIR_FIFO = 0xc0;
const FCR_ENABLE = 0x01;
const FCR_CLEAR_RECEIVER = 0x02;
const LCR_DLAB = 0x80;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;
const LSR_DATA = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_BREAK = 0x10;
const LSR_ERRORS = 0x1e;
const LSR_EMPTY = 0x60;
/** CTS, DSR and DCD are on. */
const MSR_CONNECTED = 0xb0;
const TRIGGER_LEVELS = [1, 4, 8, 14] as const;
const FIFO_BYTES = 16;

export interface Ns16550State {
  ier: number;
  fcr: number;
  lcr: number;
  mcr: number;
  scr: number;
  divisor: number;
  /** Errors only; the other bits follow from the rest. */
  lineErrors: number;
  /** Changes of the modem lines since the last read, bits 3 to 0. */
  modemChanges: number;
  modemLines: number;
  thrEmptyPending: boolean;
  fifo: number[];
  /** Sent by the host, not yet in the receiver. */
  waiting: number[];
}

export interface Ns16550Events {
  /** A byte has been sent on the line. */
  serialByte(byte: number): void;
}

export interface Ns16550Options {
  readonly irq: InterruptLine;
  readonly events: Ns16550Events;
}

const initialState = (): Ns16550State => ({
  ier: 0,
  fcr: 0,
  lcr: 0,
  mcr: 0,
  scr: 0,
  divisor: 12,
  lineErrors: 0,
  modemChanges: 0,
  modemLines: MSR_CONNECTED,
  thrEmptyPending: false,
  fifo: [],
  waiting: [],
});

export class Ns16550 extends StatefulDevice<Ns16550State> {
  /** Eight ports, 3F8h on for the first. */
  readonly ports: PortWindow;
  readonly #options: Ns16550Options;

  constructor(options: Ns16550Options) {
    super(initialState());
    this.#options = options;
    this.ports = byteWidePorts({
      readByte: (offset) => this.#read(offset),
      writeByte: (offset, value) => this.#write(offset, value),
    });
  }

  reset(): void {
    this.state = { ...initialState(), waiting: this.state.waiting };
    this.#update();
  }

  /** Bytes from the host, any number. */
  receive(bytes: Iterable<number>): void {
    for (const byte of bytes) this.state.waiting.push(byte & 0xff);
    this.#fill();
    this.#update();
  }

  /** The line is held in its break state for more than a character (Linux' SysRq). */
  receiveBreak(): void {
    this.state.lineErrors |= LSR_BREAK;
    this.#take(0);
    this.#update();
  }

  protected override restored(): void {
    this.#update();
  }

  get #fifoEnabled(): boolean {
    return (this.state.fcr & FCR_ENABLE) !== 0;
  }

  #fill(): void {
    const { fifo, waiting } = this.state;
    if ((this.state.mcr & MCR_LOOP) !== 0) return;
    const room = (this.#fifoEnabled ? FIFO_BYTES : 1) - fifo.length;
    if (room > 0 && waiting.length > 0) fifo.push(...waiting.splice(0, room));
  }

  /** A byte from the line or the loop, which nothing holds back. */
  #take(byte: number): void {
    const { fifo } = this.state;
    if (fifo.length < (this.#fifoEnabled ? FIFO_BYTES : 1)) fifo.push(byte);
    else this.state.lineErrors |= LSR_OVERRUN;
  }

  /** The interrupt with the highest priority (data sheet, table 5). */
  #interrupt(): number {
    const { ier, fifo, fcr } = this.state;
    if ((ier & IER_LINE_STATUS) !== 0 && this.state.lineErrors !== 0) return IIR_LINE_STATUS;
    if ((ier & IER_RECEIVED) !== 0 && fifo.length > 0) {
      const trigger = this.#fifoEnabled ? (TRIGGER_LEVELS[fcr >> 6] as number) : 1;
      // The timeout of four characters is over at once: no more is on its way than what is here.
      return fifo.length >= trigger ? IIR_RECEIVED : IIR_TIMEOUT;
    }
    if ((ier & IER_THR_EMPTY) !== 0 && this.state.thrEmptyPending) return IIR_THR_EMPTY;
    if ((ier & IER_MODEM_STATUS) !== 0 && this.state.modemChanges !== 0) return IIR_MODEM_STATUS;
    return IIR_NONE;
  }

  /** OUT2 connects the interrupt to the PC's bus, except in loop mode. */
  #update(): void {
    const connected = (this.state.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2;
    this.#options.irq.set(connected && this.#interrupt() !== IIR_NONE);
  }

  #read(offset: number): number {
    const { state } = this;
    const latch = (state.lcr & LCR_DLAB) !== 0;
    switch (offset) {
      case RBR_THR:
        return latch ? state.divisor & 0xff : this.#readData();
      case IER:
        return latch ? state.divisor >> 8 : state.ier;
      case IIR_FCR: {
        const interrupt = this.#interrupt();
        if (interrupt === IIR_THR_EMPTY) state.thrEmptyPending = false;
        this.#update();
        return interrupt | (this.#fifoEnabled ? IIR_FIFO : 0);
      }
      case LCR:
        return state.lcr;
      case MCR:
        return state.mcr;
      case LSR: {
        const status = state.lineErrors | LSR_EMPTY | (state.fifo.length > 0 ? LSR_DATA : 0);
        state.lineErrors &= ~LSR_ERRORS;
        this.#update();
        return status;
      }
      case MSR: {
        const status = state.modemLines | state.modemChanges;
        state.modemChanges = 0;
        this.#update();
        return status;
      }
      default:
        return state.scr;
    }
  }

  #readData(): number {
    const byte = this.state.fifo.shift() ?? 0;
    this.#fill();
    this.#update();
    return byte;
  }

  #write(offset: number, value: number): void {
    const { state } = this;
    const latch = (state.lcr & LCR_DLAB) !== 0;
    if (offset === RBR_THR && latch) state.divisor = (state.divisor & 0xff00) | value;
    else if (offset === IER && latch) state.divisor = (state.divisor & 0xff) | (value << 8);
    else if (offset === RBR_THR) this.#send(value);
    else if (offset === IER) {
      // Enabling the interrupt while the transmitter is empty raises it.
      if ((value & ~state.ier & IER_THR_EMPTY) !== 0) state.thrEmptyPending = true;
      state.ier = value & 0x0f;
    } else if (offset === IIR_FCR) this.#writeFifoControl(value);
    else if (offset === LCR) state.lcr = value;
    else if (offset === MCR) this.#writeModemControl(value);
    else if (offset === SCR) state.scr = value;
    this.#update();
  }

  #send(byte: number): void {
    this.state.thrEmptyPending = true;
    if ((this.state.mcr & MCR_LOOP) !== 0) this.#take(byte);
    else this.#options.events.serialByte(byte);
  }

  #writeFifoControl(value: number): void {
    const { state } = this;
    const changes = ((value ^ state.fcr) & FCR_ENABLE) !== 0;
    if (changes || (value & FCR_CLEAR_RECEIVER) !== 0) state.fifo = [];
    state.fcr = value & 0xc9;
    this.#fill();
  }

  /** In loop mode the modem control outputs are the modem status inputs (data sheet, 8.6.7). */
  #writeModemControl(value: number): void {
    const { state } = this;
    state.mcr = value & 0x1f;
    const [dtr, rts, out1, out2] = [value & 1, value & 2, value & 4, value & 8];
    const looped = (rts && 0x10) | (dtr && 0x20) | (out1 && 0x40) | (out2 && 0x80);
    const lines = (value & MCR_LOOP) !== 0 ? looped : MSR_CONNECTED;
    const changed = (lines ^ state.modemLines) >> 4;
    // The ring indicator only tells of its end.
    const ringEnded = changed & 4 && (lines & 0x40) === 0 ? 4 : 0;
    state.modemChanges |= (changed & 0x0b) | ringEnded;
    state.modemLines = lines;
    this.#fill();
  }
}
