/** One bus master channel of the AC '97 controller: walks a list of 32 buffers at the sample rate. Intel 82801AA data sheet (290655), 13.2. */

export const CHANNEL_BYTES = 16;
const BUFFERS = 32;
const ENTRY_BYTES = 8;
const BDBAR = 0x00;
const CIV = 0x04;
const LVI = 0x05;
const SR = 0x06;
const PICB = 0x08;
const PIV = 0x0a;
const CR = 0x0b;
/** Status: halted, last valid buffer reached, its interrupt, buffer completion interrupt, FIFO error. */
const HALTED = 0x01;
const AT_LAST = 0x02;
const LAST_INTERRUPT = 0x04;
const COMPLETION_INTERRUPT = 0x08;
const CLEARABLE = 0x1c;
/** Control: run, reset, interrupt enables. */
const RUN = 0x01;
const RESET_REGISTERS = 0x02;
const LAST_INTERRUPT_ENABLE = 0x04;
const FIFO_INTERRUPT_ENABLE = 0x08;
const COMPLETION_INTERRUPT_ENABLE = 0x10;
const INTERRUPT_ON_COMPLETION = 0x8000;

export interface ChannelState {
  table: number;
  current: number;
  last: number;
  status: number;
  control: number;
  /** Samples left in the current buffer, and where they are. */
  left: number;
  address: number;
  flags: number;
}

export const initialChannel = (): ChannelState => ({
  table: 0,
  current: 0,
  last: 0,
  status: HALTED,
  control: 0,
  left: 0,
  address: 0,
  flags: 0,
});

export const isRunning = ({ control, status }: ChannelState): boolean =>
  (control & RUN) !== 0 && (status & HALTED) === 0;

export function hasInterrupt({ status, control }: ChannelState): boolean {
  return (
    ((status & LAST_INTERRUPT) !== 0 && (control & LAST_INTERRUPT_ENABLE) !== 0) ||
    ((status & COMPLETION_INTERRUPT) !== 0 && (control & COMPLETION_INTERRUPT_ENABLE) !== 0)
  );
}

/** All registers as bytes, from BDBAR on. */
export function readChannel(state: ChannelState, offset: number): number {
  const next = (state.current + 1) % BUFFERS;
  if (offset < CIV) return (state.table >>> (8 * (offset - BDBAR))) & 0xff;
  if (offset === CIV) return state.current;
  if (offset === LVI) return state.last;
  if (offset < PICB) return (state.status >>> (8 * (offset - SR))) & 0xff;
  if (offset < PIV) return (state.left >>> (8 * (offset - PICB))) & 0xff;
  if (offset === PIV) return next;
  return offset === CR ? state.control : 0;
}

/** @param load reads 4 bytes of memory */
export function writeChannel(
  state: ChannelState,
  offset: number,
  bytes: number,
  value: number,
  load: (address: number) => number,
): void {
  if (offset === BDBAR && bytes === 4) state.table = (value & ~7) >>> 0;
  else if (offset === LVI) {
    state.last = value & (BUFFERS - 1);
    // A channel that had come to its last buffer goes on.
    if ((state.control & RUN) !== 0 && (state.status & HALTED) !== 0 && state.left === 0) {
      state.current = (state.current + 1) % BUFFERS;
      start(state, load);
    }
    if (bytes > 1) writeChannel(state, SR, 2, value >>> 8, load);
  } else if (offset === SR) state.status &= ~(value & CLEARABLE);
  else if (offset === CR) {
    if ((value & RESET_REGISTERS) !== 0 && (state.control & RUN) === 0) Object.assign(state, initialChannel());
    else {
      const starts = (value & ~state.control & RUN) !== 0;
      state.control = value & (RUN | LAST_INTERRUPT_ENABLE | FIFO_INTERRUPT_ENABLE | COMPLETION_INTERRUPT_ENABLE);
      if (starts && state.left === 0) start(state, load);
      else if (starts) state.status &= ~HALTED;
      else if ((value & RUN) === 0) state.status |= HALTED;
    }
  }
}

/** Fetches the descriptor of the current buffer. */
function start(state: ChannelState, load: (address: number) => number): void {
  const at = state.table + state.current * ENTRY_BYTES;
  state.address = (load(at) & ~1) >>> 0;
  const control = load(at + 4);
  state.left = control & 0xfffe;
  state.flags = control >>> 16;
  state.status &= ~(HALTED | AT_LAST);
}

/**
 * Moves up to `samples` (16 bits each) through the channel.
 * @param move takes address and number of samples
 */
export function advance(
  state: ChannelState,
  samples: number,
  load: (address: number) => number,
  move: (address: number, samples: number) => void,
): void {
  // Empty buffers take no samples, but no more than all of them are gone through at once.
  for (let buffers = 0; isRunning(state) && (samples > 0 || state.left === 0) && buffers <= BUFFERS; buffers++) {
    const part = Math.min(samples, state.left);
    if (part > 0) move(state.address, part);
    state.address = (state.address + 2 * part) >>> 0;
    state.left -= part;
    samples -= part;
    if (state.left > 0) return;
    if ((state.flags & INTERRUPT_ON_COMPLETION) !== 0) state.status |= COMPLETION_INTERRUPT;
    if (state.current === state.last) state.status |= AT_LAST | LAST_INTERRUPT | HALTED;
    else {
      state.current = (state.current + 1) % BUFFERS;
      start(state, load);
    }
  }
}
