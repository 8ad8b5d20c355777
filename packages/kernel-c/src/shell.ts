/** Drift's shell on the host: the same AssemblyScript that Thread/C runs, as a WebAssembly module in Node or a browser. */

/** What a host command gets. */
export interface ShellCall {
  readonly args: readonly string[];
  /** Prints text; newlines are the command's own. */
  readonly print: (text: string) => void;
}

/** A command that the host adds. The texts are what `help` and Tab completion show; see command-table.ts for the notation of `usage`. */
export interface ShellCommand {
  readonly name: string;
  readonly usage?: string;
  /** Sentences; the first is shown in the list of commands. */
  readonly summary: string;
  readonly example?: string;
  /** Runs it. A promise suspends the script until it is settled; an error that is thrown becomes the script's error. */
  run(call: ShellCall): void | Promise<void>;
}

export interface ShellOptions {
  /** dist/shell.wasm of this package, as bytes or compiled. */
  readonly wasm: BufferSource | WebAssembly.Module;
  readonly commands?: readonly ShellCommand[];
  /** Heading of the host's commands in `help`. Default `Host`. */
  readonly heading?: string;
  /** Memory of the session in bytes, buffers and heap. Default 256 KiB; at least SHELL_MINIMUM_BYTES. */
  readonly memoryBytes?: number;
  /** Most steps that `feed` runs before it returns. Default 20 000. */
  readonly stepsPerFeed?: number;
}

/** `idle`: waits for input. `busy`: a script runs; call `run`. `waiting`: it waits for a host command. */
export type ShellState = 'idle' | 'busy' | 'waiting';

export class ShellError extends Error {
  override readonly name = 'ShellError';
  readonly code: 'SHELL_MEMORY' | 'SHELL_COMMANDS';
  constructor(code: 'SHELL_MEMORY' | 'SHELL_COMMANDS', message: string) {
    super(message);
    this.code = code;
  }
}

/** Where a terminal finds its stream pair: what `StreamPair` of `@drift-os/ring` takes. Records are those of layout/terminal.ts. */
export interface TerminalPlace {
  readonly buffer: SharedArrayBuffer;
  /** The ring that the terminal writes, and the one that it reads. */
  readonly out: number;
  readonly into: number;
  readonly epoch: number;
}

export interface Shell {
  /**
   * Types `input` and runs what it starts, for at most `stepsPerFeed` steps. @returns what the terminal gets, VT100 sequences
   * included. What is typed while a script runs is kept until it has ended; Ctrl-C (`\x03`) interrupts it.
   */
  feed(input: string | Uint8Array): Uint8Array;
  /** Goes on with a script that `feed` left running. @returns what the terminal gets. */
  run(): Uint8Array;
  readonly state: ShellState;
  /**
   * Opens a second session, with variables and procedures of its own, whose terminal is at the other end of a stream pair in shared
   * memory: in this thread or another. Once. `runTerminal` keeps it going.
   */
  openTerminal(): TerminalPlace;
  /** Takes what the terminal sent and runs its session for at most `stepsPerFeed` steps. `closed`: it has closed its pair. */
  runTerminal(): ShellState | 'closed';
  /** Bytes of the session's heap in use: variables, procedures, and what a running script holds. */
  readonly heapUsed: number;
}

/** Least memory of a session. */
export const SHELL_MINIMUM_BYTES = 0x11000;

const PAGE_BYTES = 65536;
const STATES: readonly ShellState[] = ['idle', 'busy', 'waiting'];
const TERMINAL_STATES: readonly (ShellState | 'closed')[] = [...STATES, 'closed'];
const DONE = 0;
const WAIT = 2;
const CTRL_C = 3;
const STEPS_PER_TURN = 500;
const SCRATCH_BYTES = 4096;

interface Exports {
  readonly initialize: () => void;
  readonly newText: (length: number) => number;
  readonly addHeading: (name: number) => void;
  readonly addCommand: (name: number, usage: number, summary: number, example: number) => number;
  readonly memoryStart: () => number;
  readonly open: (bytes: number) => number;
  readonly feed: (byte: number) => number;
  readonly runSteps: (steps: number) => number;
  readonly heapUsed: () => number;
  readonly print: (pointer: number, length: number) => void;
  readonly fail: (pointer: number, length: number) => void;
  readonly ringsBytes: () => number;
  readonly openRings: (memory: number, bytes: number) => number;
  readonly ringWritten: () => number;
  readonly runRings: (steps: number) => number;
  readonly scratch: () => number;
  readonly argumentCount: () => number;
  readonly argumentBytes: (index: number) => number;
  readonly argumentLength: (index: number) => number;
  readonly _start: () => void;
}

/**
 * Makes a shell and shows its prompt, which the first `feed` returns.
 *
 * @throws ShellError SHELL_MEMORY when `memoryBytes` is too small, SHELL_COMMANDS when the texts of the commands do not fit.
 */
export async function createShell(options: ShellOptions): Promise<Shell> {
  const module = options.wasm instanceof WebAssembly.Module ? options.wasm : await WebAssembly.compile(options.wasm);
  return new HostShell(module, options);
}

class HostShell implements Shell {
  state: ShellState = 'idle';
  readonly #memory: WebAssembly.Memory;
  readonly #exports: Exports;
  readonly #steps: number;
  readonly #sessionBytes: number;
  #terminal: TerminalPlace | undefined;
  readonly #commands = new Map<number, ShellCommand>();
  #output: Uint8Array[] = [];
  /** Input that the session has no room for yet. */
  #backlog: number[] = [];
  /** What the host command under way has printed since the module called last. */
  #printed = '';
  /** Set while a host command has not ended: what its promise gave, once it has. */
  #pending: { error?: unknown; settled: boolean } | undefined;

  constructor(module: WebAssembly.Module, options: ShellOptions) {
    const bytes = options.memoryBytes ?? 0x40000;
    this.#sessionBytes = bytes;
    this.#steps = options.stepsPerFeed ?? 20_000;
    this.#memory = new WebAssembly.Memory({ initial: 4, maximum: PAGE_BYTES, shared: true });
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.#memory },
      host: {
        command: (id: number, first: number) => this.#command(id, first !== 0),
        write: (pointer: number, length: number) => {
          this.#output.push(this.#bytes(pointer, length).slice());
          return length;
        },
      },
    });
    this.#exports = instance.exports as unknown as Exports;
    this.#exports._start();
    this.#exports.initialize();
    this.#reserve(this.#exports.memoryStart() + bytes);
    this.#define(options);
    if (this.#exports.open(bytes) === 0) {
      throw new ShellError(
        'SHELL_MEMORY',
        `${bytes} bytes are too few for a session: give at least ${SHELL_MINIMUM_BYTES}.`,
      );
    }
  }

  get heapUsed(): number {
    return this.#exports.heapUsed();
  }

  feed(input: string | Uint8Array): Uint8Array {
    const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
    for (const byte of bytes) {
      if (byte === CTRL_C && this.state !== 'idle') this.#backlog = [];
      this.#backlog.push(byte);
    }
    return this.run();
  }

  run(): Uint8Array {
    for (let left = this.#steps; left > 0; left -= STEPS_PER_TURN) {
      let taken = 0;
      while (taken < this.#backlog.length && this.#exports.feed(this.#backlog[taken] as number) !== 0) taken++;
      this.#backlog.splice(0, taken);
      this.state = STATES[this.#exports.runSteps(STEPS_PER_TURN)] ?? 'idle';
      if (this.state === 'waiting' || (this.state === 'idle' && this.#backlog.length === 0)) break;
    }
    return this.#take();
  }

  openTerminal(): TerminalPlace {
    if (this.#terminal !== undefined) return this.#terminal;
    const at = this.#exports.memoryStart() + this.#sessionBytes;
    this.#reserve(at + this.#exports.ringsBytes() + this.#sessionBytes);
    const into = this.#exports.openRings(at, this.#sessionBytes);
    if (into === 0) throw new ShellError('SHELL_MEMORY', 'the memory is too little for a session over rings.');
    const buffer = this.#memory.buffer as unknown as SharedArrayBuffer;
    this.#terminal = { buffer, out: this.#exports.ringWritten(), into, epoch: 1 };
    return this.#terminal;
  }

  runTerminal(): ShellState | 'closed' {
    if (this.#terminal === undefined) return 'closed';
    let state: ShellState | 'closed' = 'idle';
    for (let left = this.#steps; left > 0; left -= STEPS_PER_TURN) {
      state = TERMINAL_STATES[this.#exports.runRings(STEPS_PER_TURN)] ?? 'idle';
      if (state !== 'busy') break;
    }
    return state;
  }

  /** Makes the memory at least `bytes` bytes long. */
  #reserve(bytes: number): void {
    const missing = Math.ceil(bytes / PAGE_BYTES) - this.#memory.buffer.byteLength / PAGE_BYTES;
    if (missing > 0) this.#memory.grow(missing);
  }

  #take(): Uint8Array {
    const total = this.#output.reduce((sum, part) => sum + part.length, 0);
    const all = new Uint8Array(total);
    let at = 0;
    for (const part of this.#output) {
      all.set(part, at);
      at += part.length;
    }
    this.#output = [];
    return all;
  }

  #bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, length);
  }

  #define(options: ShellOptions): void {
    if (options.commands === undefined) return;
    this.#exports.addHeading(this.#text(options.heading ?? 'Host'));
    for (const command of options.commands) {
      const { name, usage = '', summary, example = name } = command;
      const id = this.#exports.addCommand(
        this.#text(name),
        this.#text(usage),
        this.#text(summary),
        this.#text(example),
      );
      this.#commands.set(id, command);
    }
  }

  #text(text: string): number {
    const pointer = this.#exports.newText(text.length);
    if (pointer === 0)
      throw new ShellError('SHELL_COMMANDS', 'the texts of the commands are longer than 32 KiB in all.');
    const units = new DataView(this.#memory.buffer, pointer, text.length * 2);
    for (let i = 0; i < text.length; i++) units.setUint16(i * 2, text.charCodeAt(i), true);
    return pointer;
  }

  #command(id: number, first: boolean): number {
    if (first) this.#begin(this.#commands.get(id) as ShellCommand);
    this.#flushPrinted();
    const pending = this.#pending;
    if (pending === undefined) return DONE;
    if (!pending.settled) return WAIT;
    this.#pending = undefined;
    if ('error' in pending) this.#fail(pending.error);
    return DONE;
  }

  #begin(command: ShellCommand): void {
    const args: string[] = [];
    for (let i = 1; i <= this.#exports.argumentCount(); i++) {
      const bytes = this.#bytes(this.#exports.argumentBytes(i), this.#exports.argumentLength(i)).slice();
      args.push(new TextDecoder().decode(bytes));
    }
    this.#pending = undefined;
    this.#printed = '';
    try {
      const result = command.run({
        args,
        print: (text) => {
          this.#printed += text;
        },
      });
      if (!(result instanceof Promise)) return;
      const pending: { error?: unknown; settled: boolean } = { settled: false };
      this.#pending = pending;
      result.then(
        () => {
          pending.settled = true;
        },
        (error: unknown) => {
          pending.settled = true;
          pending.error = error;
        },
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Hands over what the command has printed so far; only while the module calls the host, so that it has a place to go to. */
  #flushPrinted(): void {
    if (this.#printed !== '') this.#exchange(this.#printed, this.#exports.print);
    this.#printed = '';
  }

  #fail(error: unknown): void {
    this.#flushPrinted();
    this.#exchange(error instanceof Error ? error.message : String(error), this.#exports.fail);
  }

  #exchange(text: string, receive: (pointer: number, length: number) => void): void {
    const bytes = new TextEncoder().encode(text);
    const scratch = this.#exports.scratch();
    for (let at = 0; at < bytes.length; at += SCRATCH_BYTES) {
      const part = bytes.subarray(at, at + SCRATCH_BYTES);
      this.#bytes(scratch, part.length).set(part);
      receive(scratch, part.length);
    }
  }
}
