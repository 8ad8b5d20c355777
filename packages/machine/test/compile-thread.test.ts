/** Regions that a thread of its own compiles are those that are compiled here, and cores share them. */
import {
  type CodeSource,
  type CompiledModule,
  type CompileEnvironment,
  compileSources,
  type RegionCompiler,
} from '@drift-os/x86-core';
import { describe, expect, it } from 'vitest';
import { CompileThread } from '../src/parallel/compile-thread.ts';
import { SharedCompiler } from '../src/parallel/shared-compiler.ts';

/** Counts to a million, and ends: mov ecx, 1000000; dec ecx; jnz -4; hlt. */
const code = Uint8Array.of(0xb9, 0x40, 0x42, 0x0f, 0, 0xff, 0xc9, 0x75, 0xfc, 0xf4);
const environment: CompileEnvironment = { sharedMaximum: undefined, ordered: false, guestStart: 0x1_0000 };

function source(): CodeSource {
  const bytes = new Uint8Array(4096);
  bytes.set(code);
  return {
    mode: {
      key: 'long',
      shape: { mode: 64, segmentation: 'long', stackBits: 64, linearBits: 48 },
      user: false,
      realSegments: false,
      taskSwitched: false,
      monitorCoprocessor: false,
      emulation: false,
      sse: true,
      xsave: true,
      avx: true,
      single: false,
    },
    missingFeatures: [],
    pages: [{ linear: 0x1000n, physical: 0x1000, bytes }],
    entry: 0x1005n,
    starts: [0x1000n, 0x1005n],
    wanted: [],
    targets: new Map(),
  };
}

/** What there is of a module but its code. */
function plain(compiled: CompiledModule | undefined): unknown {
  if (compiled === undefined) return undefined;
  const { module, bytes, regions } = compiled;
  return { bytes, regions, exports: WebAssembly.Module.exports(module) };
}

describe('a thread that compiles', () => {
  const expected = plain(compileSources([source()], environment));
  const compileOne = (thread: CompileThread): Promise<{ compiled: unknown; atOnce: boolean }> =>
    new Promise((resolve) => {
      let atOnce = true;
      thread.compile([source()], environment, (compiled) => resolve({ compiled: plain(compiled), atOnce }));
      atOnce = false;
    });

  it('takes over from the one that asks', { timeout: 60_000 }, async () => {
    const failures: unknown[] = [];
    const thread = new CompileThread((error) => failures.push(error));
    expect(expected).toMatchObject({ regions: [{ instructions: 3 }] });
    expect(await compileOne(thread)).toEqual({ compiled: expected, atOnce: true });
    for (;;) {
      const { compiled, atOnce } = await compileOne(thread);
      expect(compiled).toEqual(expected);
      if (!atOnce) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await thread.end();
    expect(failures).toEqual([]);
  });

  it('says what it could not compile', { timeout: 60_000 }, async () => {
    const thread = new CompileThread((error) => fail(error));
    let fail: (error: unknown) => void = () => {};
    const failed = new Promise<unknown>((resolve) => {
      fail = resolve;
    });
    while ((await compileOne(thread)).atOnce) await new Promise((resolve) => setTimeout(resolve, 1));
    const broken = { ...source(), pages: undefined as unknown as CodeSource['pages'] };
    thread.compile([broken], environment, () => {});
    expect(await failed).toBeInstanceOf(Error);
    await thread.end();
  });
});

describe('a compiler for several cores', () => {
  /** Compiles later, when asked to. */
  function slowly(): { readonly compiler: RegionCompiler; readonly asked: CodeSource[]; readonly finish: () => void } {
    const asked: CodeSource[] = [];
    let finish: () => void = () => {};
    const compiler: RegionCompiler = {
      compile: (sources, given, done) => {
        asked.push(...sources);
        finish = () => done(compileSources(sources, given));
      },
    };
    return { compiler, asked, finish: () => finish() };
  }

  /** The modules that cores get who ask for these, one behind the other, before the first is made. */
  function modulesOf(sources: readonly CodeSource[]): { readonly modules: unknown[]; readonly compiled: number } {
    const { compiler, asked, finish } = slowly();
    const shared = new SharedCompiler(compiler);
    const modules: unknown[] = [];
    for (const each of sources) shared.compile([each], environment, (compiled) => modules.push(compiled?.module));
    for (let made = 0; made < asked.length; made++) finish();
    expect(modules).toHaveLength(sources.length);
    return { modules, compiled: asked.length };
  }

  it('gives the second core the module of the first', () => {
    const { modules, compiled } = modulesOf([source(), { ...source(), starts: [0x1005n] }]);
    expect(compiled).toBe(1);
    expect(modules[0]).toBeInstanceOf(WebAssembly.Module);
    expect(modules[1]).toBe(modules[0]);
  });

  it('compiles other code, another mode, and a larger region by themselves', () => {
    const patched = source();
    patched.pages[0]?.bytes.set([0x90], 9);
    const { mode } = source();
    const others: CodeSource[] = [
      patched,
      { ...source(), mode: { ...mode, key: 'user', user: true } },
      { ...source(), wanted: [0x1009n] },
      { ...source(), targets: new Map([[0x1007n, [0x1005n]]]) },
      { ...source(), entry: 0x1000n },
    ];
    for (const other of others) expect(modulesOf([source(), other]).compiled).toBe(2);
  });

  it('takes a larger region for a smaller one', () => {
    expect(modulesOf([{ ...source(), wanted: [0x1009n] }, source()]).compiled).toBe(1);
  });
});
