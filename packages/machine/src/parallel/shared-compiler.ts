/**
 * Compiles for the cores of a parallel machine, one request after the other: what was compiled for one core, another one that asks for the same code gets
 * too. The engine compiles a module once for all threads that have it, and makes it faster for all of them.
 */
import type { CodeSource, CompiledModule, CompileEnvironment, RegionCompiler } from '@drift-os/x86-core';

type CodePage = CodeSource['pages'][number];
type Done = (compiled: CompiledModule | undefined) => void;

interface Request {
  readonly sources: readonly CodeSource[];
  readonly environment: CompileEnvironment;
  readonly done: Done;
}

interface Made {
  readonly source: CodeSource;
  readonly compiled: CompiledModule | undefined;
}

/** Modules that are kept for other cores: they come to the same code at about the same time. */
const KEPT = 256;

export class SharedCompiler implements RegionCompiler {
  readonly #compiler: RegionCompiler;
  readonly #waiting: Request[] = [];
  #isCompiling = false;
  /** The last one for each place, oldest first. */
  readonly #made = new Map<string, Made>();

  /** @param compiler has one request at a time */
  constructor(compiler: RegionCompiler) {
    this.#compiler = compiler;
  }

  compile(sources: readonly CodeSource[], environment: CompileEnvironment, done: Done): void {
    this.#waiting.push({ sources, environment, done });
    this.#next();
  }

  #next(): void {
    while (!this.#isCompiling) {
      const request = this.#waiting.shift();
      if (request === undefined) return;
      this.#serve(request);
    }
  }

  #serve({ sources, environment, done }: Request): void {
    const known = this.#find(sources);
    if (known !== undefined) {
      // It took no time again.
      done(known.compiled && { ...known.compiled, milliseconds: 0 });
      return;
    }
    this.#isCompiling = true;
    this.#compiler.compile(sources, environment, (compiled) => {
      this.#isCompiling = false;
      this.#keep(sources, compiled);
      done(compiled);
      this.#next();
    });
  }

  #find(sources: readonly CodeSource[]): Made | undefined {
    const [source, ...others] = sources;
    if (source === undefined || others.length > 0) return undefined;
    const made = this.#made.get(keyOf(source));
    return made !== undefined && serves(made, source) ? made : undefined;
  }

  #keep(sources: readonly CodeSource[], compiled: CompiledModule | undefined): void {
    const [source, ...others] = sources;
    if (source === undefined || others.length > 0) return;
    const key = keyOf(source);
    this.#made.delete(key);
    this.#made.set(key, { source, compiled });
    for (const oldest of this.#made.keys()) {
      if (this.#made.size <= KEPT) break;
      this.#made.delete(oldest);
    }
  }
}

function keyOf({ entry, mode }: CodeSource): string {
  return `${entry} ${mode.key}`;
}

/** Whether what was made is what would be made of another core's code, as far as that core knows it. */
function serves({ source, compiled }: Made, asked: CodeSource): boolean {
  if (asked.wanted.some((rip) => !source.wanted.includes(rip))) return false;
  for (const [rip, targets] of asked.targets) {
    const known = source.targets.get(rip);
    if (known === undefined || targets.some((each) => !known.includes(each))) return false;
  }
  const pages = compiled?.regions[0]?.pages ?? source.pages.map(({ linear }) => linear);
  return pages.every((linear) => sameBytes(pageAt(source, linear), pageAt(asked, linear)));
}

function pageAt({ pages }: CodeSource, linear: bigint): CodePage | undefined {
  return pages.find((page) => page.linear === linear);
}

function sameBytes(a: CodePage | undefined, b: CodePage | undefined): boolean {
  return a !== undefined && b !== undefined && a.bytes.every((byte, at) => byte === b.bytes[at]);
}
