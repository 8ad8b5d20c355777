/**
 * A machine for kernel-w's own module in Node: one memory, a worker per instance of the module, faked machine instructions, and a Thread/C
 * in TypeScript (thread-c.ts) that takes its turn whenever a worker pauses or sleeps.
 */
import { fileURLToPath } from 'node:url';
import * as directory from '@drift-os/abi/layout/image-directory';
import * as layout from '@drift-os/abi/layout/worker-block';
import { application, intrinsics } from '@drift-os/abi';
import { type CompileOptions, compileAssemblyScript } from '@drift-os/asc';
import { ringBytes, ringInitialize, ringUsed, StreamPair } from '@drift-os/ring';
import { ThreadC } from './thread-c.ts';

const DIRECTORY = 0x40000;
const MODULES = 0x41000;
const NAMES = 0x42000;
const WORKERS = 0x50000;
const CONTROL_CAPACITY = 8192;
const TSC_HZ = 1_000_000_000n;

export const packageFolder: string = fileURLToPath(new URL('..', import.meta.url));

let kernel: Promise<WebAssembly.Module> | undefined;

/** Thrown by the faked `gate.leave`, caught by `gate.enter`. */
class Leave extends Error {
  readonly result: bigint;
  constructor(result: bigint) {
    super();
    this.result = result;
  }
}

interface KernelExports {
  readonly begin: (block: number) => number;
  readonly turn: () => number;
  readonly finish: () => void;
  readonly serve: (wait: number) => void;
  readonly abandon: (status: number) => void;
}

/** Entry points by their faked addresses. */
type EntryPoint = (worker: Worker, argument: number) => number;

export class Worker {
  readonly number: number;
  readonly block: number;
  readonly kernel: KernelExports;
  readonly machine: Machine;
  /** Thread/C's end. */
  readonly pair: StreamPair;
  fsBase = 0n;
  monitored = 0;
  /** Called when the monitor has been armed. */
  onMonitor: () => void = () => {};
  sleeps = 0;
  readonly log: string[] = [];
  readonly #registers = new Map<string, bigint>();

  constructor(machine: Machine, number: number, kernel: WebAssembly.Module) {
    this.machine = machine;
    this.number = number;
    this.block = WORKERS + number * 0x10000;
    const memory = this.block + 0x1000;
    const out = this.block + 0x6000;
    const into = out + 0x4000;
    const view = machine.view;
    new Uint8Array(view.buffer, this.block, 0x10000).fill(0);
    view.setUint32(this.block + layout.WORKER_MAGIC_AT, layout.WORKER_MAGIC, true);
    view.setUint32(this.block + layout.WORKER_NUMBER_AT, number, true);
    view.setUint32(this.block + layout.WORKER_EPOCH_AT, 1, true);
    view.setUint32(this.block + layout.WORKER_IMAGE_DIRECTORY_AT, DIRECTORY, true);
    view.setUint32(this.block + layout.WORKER_MEMORY_AT, memory, true);
    view.setUint32(this.block + layout.WORKER_MEMORY_BYTES_AT, layout.WORKER_MEMORY_BYTES, true);
    view.setUint32(this.block + layout.WORKER_CONTROL_OUT_AT, out, true);
    view.setUint32(this.block + layout.WORKER_CONTROL_IN_AT, into, true);
    view.setUint32(this.block + layout.WORKER_STACK_BOTTOM_AT, 0x70000, true);
    view.setUint32(this.block + layout.WORKER_STACK_TOP_AT, 0x80000, true);
    view.setUint32(this.block + layout.WORKER_LOCAL_APIC_AT, 0xfee00000, true);
    view.setBigUint64(this.block + layout.WORKER_TSC_HZ_AT, TSC_HZ, true);
    ringInitialize(view.buffer, out, CONTROL_CAPACITY, 1);
    ringInitialize(view.buffer, into, CONTROL_CAPACITY, 1);
    if (ringBytes(CONTROL_CAPACITY) > 0x4000) throw new Error('the rings overlap');
    this.pair = new StreamPair({ buffer: view.buffer, out, into });
    const imports = { env: { memory: machine.memory }, cpu: this.cpu(), gate: this.gate() };
    this.kernel = new WebAssembly.Instance(kernel, imports).exports as unknown as KernelExports;
  }

  get u32(): (offset: number) => number {
    return (offset) => this.machine.view.getUint32(this.block + offset, true);
  }

  setStandOff(values: Partial<Record<'spin' | 'pause' | 'limit' | 'mwait' | 'timed', number>>): void {
    const at = this.block + layout.WORKER_STAND_OFF_AT;
    const set = (offset: number, value = 0) => this.machine.view.setUint32(at + offset, value, true);
    set(layout.STAND_OFF_SPIN_TURNS_AT, values.spin);
    set(layout.STAND_OFF_PAUSE_TURNS_AT, values.pause);
    set(layout.STAND_OFF_PAUSE_LIMIT_AT, values.limit);
    set(layout.STAND_OFF_MWAIT_AT, values.mwait);
    set(layout.STAND_OFF_TIMED_MICROSECONDS_AT, values.timed);
  }

  ringDoorbell(): void {
    Atomics.add(this.machine.words, (this.block + layout.WORKER_DOORBELL_AT) / 4, 1);
  }

  /** What the SDK and kernel-w import from `cpu`. An instruction that is not faked throws by its name. */
  cpu(): Record<string, (...values: never[]) => number | bigint | undefined> {
    const { machine } = this;
    const register = (name: string) => this.register(name);
    const fakes: Record<string, (...values: never[]) => number | bigint | undefined> = {
      rdtsc: () => (machine.tsc += 100n),
      pause: () => machine.breathe(this),
      readCr0: () => register('cr0'),
      readCr3: () => register('cr3'),
      readCr4: () => register('cr4'),
      writeCr0: (value: bigint) => void this.#registers.set('cr0', value),
      writeCr3: (value: bigint) => {
        this.#registers.set('cr3', value);
        machine.flushes++;
      },
      writeCr4: (value: bigint) => void this.#registers.set('cr4', value),
      writeMxcsr: (value: number) => void this.#registers.set('mxcsr', BigInt(value)),
      xsetbv: (_: number, value: bigint) => void this.#registers.set('xcr0', value),
      cpuid: (leaf: number, subleaf: number, result: number) => {
        const values = machine.cpuid.get(`${leaf}.${subleaf}`) ?? [0, 0, 0, 0];
        values.forEach((value, index) => machine.view.setUint32(result + index * 4, value, true));
        return undefined;
      },
      writeFsBase: (base: bigint) => {
        this.fsBase = base;
        return undefined;
      },
      rdmsr: (number: number) => (number >>> 0 === 0xc0000100 ? this.fsBase : 0n),
      monitor: (address: number) => {
        this.monitored = address;
        this.onMonitor();
        return undefined;
      },
      umonitor: (address: number) => void (this.monitored = address),
      mwait: () => this.sleep(),
      umwait: () => this.sleep(),
      load32: () => 0,
      store32: () => {
        machine.interrupts++;
        return undefined;
      },
      hlt: () => undefined,
    };
    const missing = (name: string) => () => {
      throw new Error(`cpu.${name} is not faked`);
    };
    return Object.fromEntries(Object.keys(intrinsics).map((name) => [name, fakes[name] ?? missing(name)]));
  }

  register(name: string): bigint {
    return this.#registers.get(name) ?? 0n;
  }

  private sleep(): undefined {
    if (this.monitored !== this.block + layout.WORKER_DOORBELL_AT) throw new Error('MWAIT without the doorbell');
    this.sleeps++;
    const before = this.u32(layout.WORKER_DOORBELL_AT);
    // Nothing but the doorbell wakes a worker: whoever has work for it and does not ring makes this throw.
    for (let patience = 0; this.u32(layout.WORKER_DOORBELL_AT) === before; patience++) {
      if (patience < 5) {
        this.machine.breathe(this);
      } else if (ringUsed(this.machine.memory.buffer, this.u32(layout.WORKER_CONTROL_OUT_AT)) > 0) {
        throw new Error('the worker sleeps, there is a message for it, and nobody has rung');
      } else {
        return;
      }
    }
  }

  private gate(): Record<string, (...values: bigint[]) => bigint> {
    return {
      enter: (entry, argument) => {
        try {
          return BigInt(this.machine.entry(Number(entry))(this, Number(argument)) >>> 0);
        } catch (thrown) {
          if (thrown instanceof Leave) return thrown.result;
          throw thrown;
        }
      },
      leave: (_, result) => {
        throw new Leave(result);
      },
    };
  }
}

export class Machine {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1024, maximum: 65536, shared: true });
  readonly view: DataView = new DataView(this.memory.buffer);
  readonly words: Int32Array = new Int32Array(this.memory.buffer);
  readonly bytes: Uint8Array = new Uint8Array(this.memory.buffer);
  readonly workers: Worker[] = [];
  readonly threadC: ThreadC = new ThreadC(this);
  readonly cpuid: Map<string, readonly number[]> = new Map([
    ['0.0', [0x0d, 0, 0, 0]],
    ['1.0', [0, 0, (1 << 3) | (1 << 26), 0]],
    ['13.0', [7, 0, 0, 0]],
  ]);
  tsc = 0n;
  flushes = 0;
  interrupts = 0;
  readonly #kernel: WebAssembly.Module;
  readonly #entries: EntryPoint[] = [];
  #modules = 0;
  #names = NAMES;
  #breathing = false;

  private constructor(kernel: WebAssembly.Module) {
    this.#kernel = kernel;
    this.view.setUint32(DIRECTORY + directory.DIRECTORY_MODULES_AT, MODULES, true);
  }

  static async create(): Promise<Machine> {
    kernel ??= compileGuest('assembly/main.ts', 0x200000);
    return new Machine(await kernel);
  }

  addWorker(): Worker {
    const worker = new Worker(this, this.workers.length + 1, this.#kernel);
    worker.setStandOff({ spin: 2, pause: 2, limit: 4, mwait: 1 });
    this.workers.push(worker);
    return worker;
  }

  /** Adds an application to the image; its instance is made anew at each start, as its globals and data are. Returns its index. */
  addApplication(name: string, module: WebAssembly.Module): number {
    let exports: WebAssembly.Exports = {};
    const names = new Set(WebAssembly.Module.exports(module).map((entry) => entry.name));
    const call = (entry: string) =>
      names.has(entry)
        ? this.addEntry((_, argument) => Number((exports[entry] as (argument: number) => unknown)(argument) ?? 0))
        : 0;
    const start = this.addEntry((worker) => {
      exports = new WebAssembly.Instance(module, {
        env: { memory: this.memory },
        cpu: worker.cpu(),
        'kernel-w': { serve: worker.kernel.serve, abandon: worker.kernel.abandon },
      }).exports;
      (exports['_start'] as () => void)();
      return 0;
    });
    return this.addModule(name, {
      [directory.MODULE_START_AT]: start,
      [directory.MODULE_INIT_AT]: call('init'),
      [directory.MODULE_POLL_AT]: call('poll'),
      [directory.MODULE_MESSAGE_AT]: call('message'),
      [directory.MODULE_STOP_AT]: call('stop'),
    });
  }

  /** Adds a module record; `fields` are u32 by offset. */
  addModule(name: string, fields: Readonly<Record<number, number>>): number {
    const at = MODULES + this.#modules * directory.MODULE_BYTES;
    this.view.setUint32(at + directory.MODULE_NAME_AT, this.#string(name), true);
    this.view.setUint32(at + directory.MODULE_KIND_AT, directory.MODULE_APPLICATION, true);
    this.view.setBigUint64(at + directory.MODULE_INTERFACE_HASH_AT, application.hash, true);
    for (const [offset, value] of Object.entries(fields)) this.view.setUint32(at + Number(offset), value, true);
    this.view.setUint32(DIRECTORY + directory.DIRECTORY_MODULE_COUNT_AT, this.#modules + 1, true);
    return this.#modules++;
  }

  moduleRecord(index: number): number {
    return MODULES + index * directory.MODULE_BYTES;
  }

  addEntry(entry: EntryPoint): number {
    return 0x1000 + this.#entries.push(entry);
  }

  entry(address: number): EntryPoint {
    const found = this.#entries[address - 0x1001];
    if (found === undefined) throw new Error(`nothing is at ${address}`);
    return found;
  }

  /** Others have their turn while `worker` waits. */
  breathe(worker: Worker): undefined {
    this.threadC.step();
    if (this.#breathing) return;
    this.#breathing = true;
    for (const other of this.workers) if (other !== worker) other.kernel.turn();
    this.#breathing = false;
  }

  /** Turns of everybody, `count` times. */
  run(count = 20): void {
    for (let turn = 0; turn < count; turn++) {
      this.threadC.step();
      for (const worker of this.workers) worker.kernel.turn();
    }
    this.threadC.step();
  }

  #string(text: string): number {
    const at = this.#names;
    const bytes = new TextEncoder().encode(text);
    this.view.setUint32(at, bytes.length, true);
    this.bytes.set(bytes, at + 4);
    this.#names += (bytes.length + 11) & ~3;
    return at;
  }
}

/** Compiles guest code of this package as it is compiled for the image. */
export async function compileGuest(
  path: string,
  memoryBase: number,
  runtime?: CompileOptions['runtime'],
): Promise<WebAssembly.Module> {
  const { wasm } = await compileAssemblyScript({
    entry: path,
    baseDir: packageFolder,
    memoryBase,
    features: ['threads', 'simd'],
    ...(runtime === undefined ? {} : { runtime }),
  });
  return WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
}

/** The same for an application. */
export function compileApplication(path: string, memoryBase: number): Promise<WebAssembly.Module> {
  return compileGuest(path, memoryBase, '@drift-os/kernel-w/sdk/runtime');
}
