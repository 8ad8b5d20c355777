/** Compiles regions in the thread that asks, while it waits: the same run comes out every time. */
import { compileSources } from './compile.ts';
import type { RegionCompiler } from './region-store.ts';

export const compilerInThisThread: RegionCompiler = {
  compile: (sources, environment, done) => done(compileSources(sources, environment)),
};
