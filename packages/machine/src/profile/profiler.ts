/** A sampling profiler of the guest: where each core is, every so many instructions. */
import type { Cpu, StopReason } from '@drift-os/x86-core';
import { MachineError } from '../machine-error.ts';
import { callStack, type StackFrame } from './call-stack.ts';
import type { SpeedscopeFile, SpeedscopeFrame } from './speedscope.ts';
import { FunctionTable, type GuestFunction } from './symbols.ts';

export interface ProfileOptions {
  /** Instructions of a core between two samples, on average; at least 100. Default 20,000. */
  readonly interval?: number;
  /** What the guest's code is called; without them there are addresses. See `readSymbols`. */
  readonly functions?: Iterable<GuestFunction>;
  /**
   * What a sample stands for: the instructions since the last one (default), or the host's time that they took, which shows
   * what is slow on this machine.
   */
  readonly weigh?: 'instructions' | 'host-time';
}

/** A profile under way. */
export interface Profile {
  /** Takes no more samples. */
  stop(): void;
  /** The samples so far, for https://www.speedscope.app: one profile for each core. */
  toSpeedscope(name: string): SpeedscopeFile;
}

const DEFAULT_INTERVAL = 20_000;
const MINIMUM_INTERVAL = 100;

/** The samples of one core. */
interface CoreSamples {
  /** Instruction count at which the next sample is due, and at which the last was taken. */
  due: number;
  last: number;
  /** Host time that the core ran for since the last sample, in milliseconds. */
  milliseconds: number;
  readonly stacks: number[];
  readonly weights: number[];
}

export class Profiler {
  readonly #interval: number;
  readonly #functions: FunctionTable;
  readonly #weigh: 'instructions' | 'host-time';
  readonly #cores: CoreSamples[];
  readonly #frames: SpeedscopeFrame[] = [];
  readonly #frameIndex = new Map<StackFrame, number>();
  /** Every different stack once: frames by index, outermost first. */
  readonly #stacks: (readonly number[])[] = [];
  readonly #stackIndex = new Map<string, number>();
  #random = 1;

  /** @throws MachineError BAD_OPTION */
  constructor(cores: readonly Cpu[], options: ProfileOptions = {}) {
    this.#interval = options.interval ?? DEFAULT_INTERVAL;
    if (!Number.isInteger(this.#interval) || this.#interval < MINIMUM_INTERVAL) {
      const wanted = `a whole number of instructions from ${MINIMUM_INTERVAL} on`;
      throw new MachineError('BAD_OPTION', `The interval of a profile is ${this.#interval}; it must be ${wanted}.`);
    }
    this.#functions = new FunctionTable(options.functions ?? []);
    this.#weigh = options.weigh ?? 'instructions';
    this.#cores = cores.map(({ instructions }) => ({
      due: instructions + this.#distance(),
      last: instructions,
      milliseconds: 0,
      stacks: [],
      weights: [],
    }));
  }

  /** Runs a core for about `budget` instructions, with samples on the way. */
  runCore(core: Cpu, index: number, budget: number): StopReason {
    const samples = this.#cores[index] as CoreSamples;
    const end = core.instructions + budget;
    for (;;) {
      const until = Math.min(end, samples.due);
      const begun = performance.now();
      const reason = core.run(Math.max(1, until - core.instructions));
      samples.milliseconds += performance.now() - begun;
      const now = core.instructions;
      if (now >= samples.due) this.#take(core, samples);
      // A core that comes back before its time has something to wait for.
      if (reason !== 'budget' || now >= end || now < until) return reason;
    }
  }

  #take(core: Cpu, samples: CoreSamples): void {
    const now = core.instructions;
    const weight = this.#weigh === 'instructions' ? now - samples.last : Math.round(samples.milliseconds * 1e6);
    samples.last = now;
    samples.due = now + this.#distance();
    samples.milliseconds = 0;
    const stack = this.#stackOf(callStack(core, this.#functions));
    const latest = samples.stacks.length - 1;
    if (samples.stacks[latest] === stack) samples.weights[latest] = (samples.weights[latest] as number) + weight;
    else {
      samples.stacks.push(stack);
      samples.weights.push(weight);
    }
  }

  /** To the next sample: three quarters to five quarters of the interval, so that no loop of the guest keeps step. The same in every run. */
  #distance(): number {
    this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.round(this.#interval * (0.75 + this.#random / 0x1_0000_0000));
  }

  #stackOf(stack: readonly StackFrame[]): number {
    const frames = stack.map((frame) => this.#frameOf(frame)).reverse();
    const key = frames.join();
    const known = this.#stackIndex.get(key);
    if (known !== undefined) return known;
    this.#stackIndex.set(key, this.#stacks.length);
    return this.#stacks.push(frames) - 1;
  }

  #frameOf(frame: StackFrame): number {
    const known = this.#frameIndex.get(frame);
    if (known !== undefined) return known;
    this.#frameIndex.set(frame, this.#frames.length);
    return this.#frames.push(describe(frame)) - 1;
  }

  /** What was sampled so far: one profile for each core. @param name of the whole */
  toSpeedscope(name: string): SpeedscopeFile {
    return {
      $schema: 'https://www.speedscope.app/file-format-schema.json',
      name,
      exporter: '@drift-os/machine',
      activeProfileIndex: 0,
      shared: { frames: [...this.#frames] },
      profiles: this.#cores.map(({ stacks, weights }, core) => ({
        type: 'sampled',
        name: `core ${core}`,
        unit: this.#weigh === 'instructions' ? 'none' : 'nanoseconds',
        startValue: 0,
        endValue: weights.reduce((sum, weight) => sum + weight, 0),
        samples: stacks.map((stack) => this.#stacks[stack] as readonly number[]),
        weights: [...weights],
      })),
    };
  }
}

function describe(frame: StackFrame): SpeedscopeFrame {
  if (typeof frame === 'bigint') return { name: `0x${frame.toString(16)}` };
  const { name, file, line } = frame;
  return { name, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) };
}
