/** Compiles regions in the thread that asks, while it waits: the same run comes out every time. */
import { type CompileEnvironment, compileSources } from './compile.ts';
import type { RegionCompiler } from './region-store.ts';

export function compilerInThisThread(environment: CompileEnvironment): RegionCompiler {
  return { compile: (sources, done) => done(compileSources(sources, environment)) };
}
