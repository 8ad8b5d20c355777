/** `drift compile`: a WebAssembly module to an ELF object. */
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { type CompileWasmOptions, compileWasm, type MemoryBase, writeElfObject } from '@drift-os/toolchain';
import { readArguments, readChoice } from './command-line.ts';
import { EXIT_OK, UsageError } from './exit-codes.ts';
import { readInput, writeOutput } from './files.ts';
import { formatBytes, print } from './output.ts';

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  name: { type: 'string' },
  base: { type: 'string' },
  bounds: { type: 'string' },
  'no-grow': { type: 'boolean' },
  vectors: { type: 'string' },
  features: { type: 'string' },
  intrinsics: { type: 'boolean' },
  'source-map': { type: 'string' },
} as const;

const FEATURES = ['popcnt', 'lzcnt', 'bmi1', 'bmi2'] as const;
const BOUNDS = ['none', 'guard', 'checked'] as const;
const VECTORS = ['none', 'sse4.1'] as const;
const MAX_BASE = 2 ** 31;

export async function compileCommand(args: readonly string[]): Promise<number> {
  const given = readArguments('compile', args, OPTIONS);
  const [path] = given.positionals;
  if (path === undefined || given.positionals.length > 1) throw new UsageError('compile takes one module.', 'compile');
  const stem = path.slice(0, path.length - extname(path).length);
  const output = given.value('output') ?? `${stem}.o`;
  const memoryBase = readBase(given.value('base') ?? 'register');
  const options: CompileWasmOptions = {
    name: given.value('name') ?? basename(stem),
    memoryBase,
    bounds:
      readChoice('compile', 'bounds', given.value('bounds'), BOUNDS) ??
      (memoryBase.kind === 'zero' ? 'none' : 'checked'),
    memoryGrowth: given.flag('no-grow') || memoryBase.kind === 'zero' ? 'fails' : 'hook',
    vectors: readChoice('compile', 'vectors', given.value('vectors'), VECTORS) ?? 'sse4.1',
    globals: { kind: 'absolute' },
    intrinsics: given.flag('intrinsics'),
    sourceMap: await readSourceMap(path, given.value('source-map')),
    features: readFeatures(given.value('features')),
  };
  const object = compileWasm(await readInput('compile', path), options);
  await writeOutput(output, writeElfObject(object, { compilationDirectory: process.cwd() }));
  const code = object.sections.find(({ name }) => name === 'text')?.bytes.length ?? 0;
  await print(`Wrote ${output}: ${object.functions.length} functions, ${formatBytes(code)} of code.\n`);
  return EXIT_OK;
}

function readBase(text: string): MemoryBase {
  if (text === 'register') return { kind: 'register' };
  const address = Number(text);
  if (text.trim() === '' || !Number.isInteger(address) || address < 0 || address >= MAX_BASE) {
    throw new UsageError(`--base is '${text}'; it must be 0, an address below 2 GiB, or register.`, 'compile');
  }
  return address === 0 ? { kind: 'zero' } : { kind: 'constant', address };
}

function readFeatures(text: string | undefined): CompileWasmOptions['features'] {
  return text?.split(',').map((word) => readChoice('compile', 'features', word, FEATURES) as (typeof FEATURES)[number]);
}

/** The map that was named, or the one beside the module if there is one. */
async function readSourceMap(path: string, named: string | undefined): Promise<string | undefined> {
  if (named !== undefined) return new TextDecoder().decode(await readInput('compile', named));
  return readFile(`${path}.map`, 'utf8').catch(() => undefined);
}
