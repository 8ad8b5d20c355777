/**
 * Times all kernels in all implementations: many short runs, each round going through everything once, so that whatever else the
 * machine does meets all alike; what counts is the least time. Every run's checksum must be that of `clang -O2`.
 */
import { build, type BuiltKernel } from './build.ts';
import { type Implementation, type ImplementationName, implementations } from './implementations.ts';
import type { KernelName } from './kernels.ts';
import { Server } from './server.ts';
import { hasImplementation } from './table.ts';

export interface MeasureOptions {
  /** Where to build. */
  readonly folder: string;
  readonly rounds: number;
  /** About how long one run is, in milliseconds. */
  readonly milliseconds: number;
  readonly kernels: readonly KernelName[];
}

export interface KernelResult {
  readonly kernel: BuiltKernel;
  /** Nanoseconds of each round. */
  readonly times: ReadonlyMap<ImplementationName, readonly number[]>;
}

type Servers = Readonly<Record<Implementation['server'], Server>>;

/** @throws Error when implementations disagree on a checksum. */
export async function measure(options: MeasureOptions): Promise<KernelResult[]> {
  const { program, kernels } = await build(options.folder);
  const files = kernels.flatMap(({ wasm }) => [wasm.scalar, wasm.simd]);
  const engine = new URL('./engine-server.ts', import.meta.url).pathname;
  using native = new Server(program, []);
  using optimized = new Server(process.execPath, ['--no-liftoff', '--no-wasm-lazy-compilation', engine, ...files]);
  using baseline = new Server(process.execPath, ['--liftoff-only', engine, ...files]);
  const servers: Servers = { native, optimized, baseline };
  const runs: { kernel: BuiltKernel; index: number; count: number; times: Map<ImplementationName, number[]> }[] = [];
  for (const [index, kernel] of kernels.entries()) {
    if (!options.kernels.includes(kernel.name)) continue;
    const count = await calibrate(native, index, options.milliseconds);
    runs.push({ kernel, index, count, times: new Map(implementations.map(({ name }) => [name, []])) });
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { kernel, index, count, times } of runs) {
      let expected: number | undefined;
      for (const implementation of implementations) {
        if (!hasImplementation(kernel, implementation.name)) continue;
        const { nanoseconds, checksum } = await runOne(servers, implementation, index, count);
        expected ??= checksum;
        if (checksum !== expected)
          throw new Error(`${kernel.name}: ${implementation.name} gives ${checksum}, clang -O2 gives ${expected}`);
        times.get(implementation.name)?.push(nanoseconds);
      }
    }
  }
  return runs;
}

async function calibrate(native: Server, index: number, milliseconds: number): Promise<number> {
  for (let count = 1; ; count *= 2) {
    const { nanoseconds } = await native.run(index, 0, count);
    if (nanoseconds >= milliseconds * 1e6) return count;
  }
}

function runOne(servers: Servers, implementation: Implementation, index: number, count: number) {
  const { server, source } = implementation;
  const inServer =
    server === 'native'
      ? implementations
          .filter((other) => other.server === 'native')
          .findIndex(({ name }) => name === implementation.name)
      : source === 'simd'
        ? 1
        : 0;
  return servers[server].run(index, inServer, count);
}
