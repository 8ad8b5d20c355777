/**
 * Compiles regions on a thread of its own, while the machine runs on: for machines in the host's time, where it does not matter when a region comes.
 *
 * A thread takes longer to start than a few regions take to compile, so the first ones are compiled in the thread that asks.
 */
import {
  type CodeSource,
  type CompiledModule,
  type CompileEnvironment,
  compilerInThisThread,
  type RegionCompiler,
} from '@drift-os/x86-core';
import { KnownModes } from './known-modes.ts';
import { hasWorkers, startCompileThread, type Thread } from './threads.ts';

export interface CompileRequest {
  readonly kind: 'compile';
  readonly sources: readonly CodeSource[];
  readonly environment: CompileEnvironment;
}

export type ToCompiler = CompileRequest | { readonly kind: 'leave' };

export type CompileAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'compiled'; readonly compiled: CompiledModule | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

type Waiting = Omit<CompileRequest, 'kind'> & { readonly done: Done };
type Done = (compiled: CompiledModule | undefined) => void;

/** Regions that are compiled before the thread is started, by default. */
const FEW = 24;
/** For a thread that is compiling when the machine ends, in milliseconds. */
const LEAVE_WITHIN = 1000;

export class CompileThread implements RegionCompiler {
  readonly #fail: (error: unknown) => void;
  readonly #few: number;
  readonly #modes = new KnownModes();
  #count = 0;
  #thread: Thread | undefined;
  #isReady = false;
  #ended = false;
  #waiting: Waiting | undefined;

  /**
   * @param fail is told of what a region could not be made for: a defect of the compiler
   * @param few regions that are compiled before the thread is started
   */
  constructor(fail: (error: unknown) => void, few: number = FEW) {
    this.#fail = fail;
    this.#few = few;
  }

  compile(sources: readonly CodeSource[], environment: CompileEnvironment, done: Done): void {
    if (this.#isReady) {
      this.#waiting = { sources, environment, done };
      this.#post({ kind: 'compile', sources, environment });
      return;
    }
    const known = sources.map((source) => this.#modes.withKnownMode(source));
    try {
      compilerInThisThread.compile(known, environment, done);
    } catch (error) {
      this.#fail(error);
    }
    this.#count += sources.length;
    if (this.#count >= this.#few && this.#thread === undefined && !this.#ended && hasWorkers()) this.#start();
  }

  #post(message: ToCompiler): void {
    this.#thread?.post(message);
  }

  #start(): void {
    const thread = startCompileThread();
    this.#thread = thread;
    thread.keepsProcess(false);
    thread.onMessage((message) => this.#receive(message as CompileAnswer));
    thread.onError(() => this.#lost());
    thread.onExit(() => this.#lost());
  }

  #receive(answer: CompileAnswer): void {
    if (this.#ended) return;
    if (answer.kind === 'ready') this.#isReady = true;
    else if (answer.kind === 'failed') this.#fail(answer.error);
    else this.#take()?.done(answer.compiled);
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  /** The thread could not be started, or is gone: from now on this thread compiles. */
  #lost(): void {
    this.#isReady = false;
    const waiting = this.#take();
    if (waiting !== undefined && !this.#ended) this.compile(waiting.sources, waiting.environment, waiting.done);
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#post({ kind: 'leave' });
    await this.#thread?.leave(LEAVE_WITHIN);
  }
}
