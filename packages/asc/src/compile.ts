/** Runs the AssemblyScript compiler in this process, with the options that all guest code of Drift shares. */
import { readFile as readFileFromDisk } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import * as asc from 'assemblyscript/asc';
import { nameSources } from './source-names.ts';

export interface CompileOptions {
  /** Entry file; relative paths are taken from `baseDir`. */
  readonly entry: string;
  /** Folder that source paths are named relative to and packages are looked up from. Default: the folder of the nearest package.json. */
  readonly baseDir?: string;
  /** First address, in bytes, of the module's static data. Default 1024. */
  readonly memoryBase?: number;
  /**
   * `stub`, asc's own without `free`, or a module of a package that exports `__alloc`, `abort` and the others. None has a garbage collector.
   * Default `stub`.
   */
  readonly runtime?: 'stub' | `${string}/${string}`;
  /** WebAssembly features beyond asc's defaults. */
  readonly features?: readonly ('simd' | 'threads')[];
  /** False leaves assertions in and turns optimisation off. Default true. */
  readonly optimize?: boolean;
  /** Packages that the program may import without having them installed: name to folder. What is installed comes first. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Further asc arguments, for what no option above covers. */
  readonly extraArguments?: readonly string[];
}

export interface Compiled {
  readonly wasm: Uint8Array;
  /** Source map (version 3) as JSON text; its offsets are byte offsets in `wasm`, its sources are named `package/path`. */
  readonly sourceMap: string;
  /** Absolute paths of every file that was read. */
  readonly files: readonly string[];
}

/** AssemblyScript refused the sources; the message holds asc's own diagnostics. */
export class AssemblyScriptError extends Error {
  readonly code = 'ASSEMBLYSCRIPT_FAILED';
  override readonly name = 'AssemblyScriptError';
}

/**
 * asc takes a runtime that is not its own for one with a garbage collector, and keeps references on a stack in linear memory for it.
 * None of ours has one: this turns that off before anything is compiled.
 */
class WithoutCollector {
  declare readonly program: {
    readonly options: { stackSize: number; runtime: number };
    readonly module: { useShadowStack: boolean };
  };

  afterParse(): void {
    this.program.options.stackSize = 0;
    this.program.options.runtime = RUNTIME_STUB;
    this.program.module.useShadowStack = false;
  }
}

/** `Runtime.Stub` of asc. */
const RUNTIME_STUB = 0;

/** How asc names modules of packages. */
const LIBRARY = '~lib/';

/** What asc's generated code calls; asc finds them by decorators in its own runtimes, which plain functions cannot have. */
const runtimeFunctions: readonly string[] =
  '__alloc __realloc __free __new __renew __link __pin __unpin __visit __collect abort'.split(' ');

/**
 * Compiles an AssemblyScript program to WebAssembly.
 *
 * The memory is imported as `env.memory`, the function table exported as `table`, and the implicit start function exported
 * as `_start`, so that whoever instantiates the module decides when it runs.
 *
 * @throws AssemblyScriptError when a source does not compile.
 */
export async function compileAssemblyScript(options: CompileOptions): Promise<Compiled> {
  const baseDir = options.baseDir ?? (await nearestPackage(dirname(resolve(options.entry))));
  const entry = isAbsolute(options.entry) ? options.entry : resolve(baseDir, options.entry);
  const runtime = options.runtime ?? 'stub';
  const outputs = new Map<string, Uint8Array>();
  const files = new Set<string>();
  const args = [
    entry,
    '--baseDir',
    baseDir,
    '--outFile',
    'out.wasm',
    '--sourceMap',
    '--debug', // keeps the names of functions, for backtraces; the code is the same
    '--runtime',
    runtime.includes('/') ? LIBRARY + runtime : runtime,
  ];
  if (runtime.includes('/')) {
    for (const name of runtimeFunctions) args.push('--use', `${name}=${LIBRARY}${runtime}/${name}`);
  }
  args.push('--importMemory', '--exportTable', '--exportStart', '_start');
  args.push('--memoryBase', String(options.memoryBase ?? 1024));
  if (options.optimize ?? true) args.push('-O3', '--noAssert');
  for (const feature of options.features ?? []) args.push('--enable', feature);
  if (options.features?.includes('threads')) args.push('--sharedMemory', '--maximumMemory', '65536');
  args.push(...(options.extraArguments ?? []));
  let diagnostics = '';
  const { error } = await asc.main(args, {
    // Classes, whatever the declarations say: asc makes the objects.
    transforms: runtime.includes('/') ? [WithoutCollector as unknown as asc.Transform] : [],
    stdout: { write: () => {} },
    stderr: { write: (text) => void (diagnostics += String(text)) },
    readFile: async (name, from) => {
      const path = resolve(from, name.startsWith(LIBRARY) ? `node_modules/${name.slice(LIBRARY.length)}` : name);
      for (const candidate of [path, ...fromPackages(path, { ...(await ownPackage(baseDir)), ...options.packages })]) {
        try {
          const text = await readFileFromDisk(candidate, 'utf8');
          files.add(candidate);
          return text;
        } catch {
          // asc asks for every place where the file might be.
        }
      }
      return null;
    },
    writeFile: (name, contents) => {
      outputs.set(name, typeof contents === 'string' ? new TextEncoder().encode(contents) : contents);
    },
    listFiles: () => null,
  });
  const wasm = outputs.get('out.wasm');
  if (error !== null || wasm === undefined) {
    throw new AssemblyScriptError(`${entry} does not compile:\n${diagnostics || String(error)}`);
  }
  const sourceMap = new TextDecoder().decode(outputs.get('out.wasm.map') ?? new Uint8Array());
  return { wasm, sourceMap: await nameSources(sourceMap, baseDir), files: [...files] };
}

/** A package finds itself by its own name, as in Node. */
async function ownPackage(baseDir: string): Promise<Record<string, string>> {
  const manifest = await readFileFromDisk(resolve(baseDir, 'package.json'), 'utf8').catch(() => '{}');
  const { name } = JSON.parse(manifest) as { name?: string };
  return name === undefined ? {} : { [name]: baseDir };
}

/** The file in a known package for a path into a `node_modules` folder that names it. */
function fromPackages(path: string, packages: Readonly<Record<string, string>>): string[] {
  const folder = '/node_modules/';
  const plain = path.replaceAll('\\', '/');
  const at = plain.lastIndexOf(folder);
  if (at < 0) return [];
  const inside = plain.slice(at + folder.length);
  return Object.entries(packages)
    .filter(([name]) => inside.startsWith(`${name}/`))
    .map(([name, place]) => resolve(place, inside.slice(name.length + 1)));
}

async function nearestPackage(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      await readFileFromDisk(resolve(at, 'package.json'));
      return at;
    } catch {
      if (dirname(at) === at) return folder;
    }
  }
}
