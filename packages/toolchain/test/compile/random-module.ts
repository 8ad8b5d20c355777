/** Random valid modules (binaryen's fuzzer, from a seed), what its interpreter makes of them, and calls of what they export. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeModule } from '../../src/wasm/module.ts';
import { wasmOpt } from './binaryen-tools.ts';
import { fixMemory } from './module-edit.ts';
import { isCallable, type NativeCall } from './native.ts';

const BASE_FEATURES = [
  'sign-ext',
  'nontrapping-float-to-int',
  'bulk-memory',
  'bulk-memory-opt',
  'mutable-globals',
  'simd',
  'multivalue',
];
const MORE_FEATURES = ['tail-call', 'threads', 'reference-types', 'extended-const', 'memory64'];
const VALUES = [
  0n,
  1n,
  2n,
  5n,
  31n,
  32n,
  63n,
  64n,
  127n,
  128n,
  255n,
  65535n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  0x3ff0000000000000n,
  0x3f800000n,
  0x4f000000n,
  0x41e0000000000000n,
  0xc1e0000000000000n,
  0x7ff8000000000000n,
];

export interface RandomModule {
  readonly wasm: Uint8Array;
  readonly calls: readonly NativeCall[];
  /** What the interpreter printed when it called every exported function with zeros, in order. */
  readonly interpreted: string;
}

export interface RandomModuleOptions {
  /** Of random bytes that the module is made from. */
  readonly bytes: number;
  /** Accesses and indices are masked so that none is out of bounds. */
  readonly inBounds: boolean;
  /** Memory has a maximum equal to its minimum and is exported, and there is nothing that the engine of this process cannot do or does otherwise. */
  readonly forEngine: boolean;
}

/** NaNs are removed everywhere, as their bits are not determined. */
export async function randomModule(
  seed: number,
  { bytes, inBounds, forEngine }: RandomModuleOptions,
): Promise<RandomModule> {
  const folder = mkdtempSync(join(tmpdir(), 'drift-random-'));
  try {
    const blocks = Array.from({ length: Math.ceil(bytes / 64) }, (_, i) =>
      createHash('sha512').update(`${seed}.${i}`).digest(),
    );
    const input = join(folder, 'input');
    const output = join(folder, 'output.wasm');
    writeFileSync(input, Buffer.concat(blocks));
    const level = ['-O0', '-O1', '-O3'][seed % 3] as string;
    const features = forEngine ? BASE_FEATURES : [...BASE_FEATURES, ...MORE_FEATURES.filter((_, i) => (seed >> i) & 1)];
    await wasmOpt([
      '-ttf',
      input,
      '-o',
      output,
      '--mvp-features',
      ...features.map((feature) => `--enable-${feature}`),
      '--denan',
      ...(inBounds ? ['--no-fuzz-oob'] : []),
      level,
    ]);
    const interpreted = forEngine ? '' : await wasmOpt([output, '--all-features', '--fuzz-exec-before']);
    const made = new Uint8Array(readFileSync(output));
    const wasm = forEngine ? fixMemory(made) : made;
    return { wasm, calls: forEngine ? callsOf(wasm, seed) : callsWithZeros(wasm), interpreted };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function callsWithZeros(wasm: Uint8Array): NativeCall[] {
  const module = decodeModule(wasm);
  return module.exports.flatMap(({ kind, index, name }) =>
    kind === 'function' ? [{ name, arguments: (module.functions[index]?.type.parameters ?? []).map(() => 0n) }] : [],
  );
}

function callsOf(wasm: Uint8Array, seed: number): NativeCall[] {
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const module = decodeModule(wasm);
  return module.exports.flatMap(({ kind, index, name }) => {
    const type = kind === 'function' ? module.functions[index]?.type : undefined;
    if (type === undefined || !isCallable(type.parameters, type.results)) return [];
    return Array.from({ length: type.parameters.length > 0 ? 4 : 2 }, () => ({
      name,
      arguments: type.parameters.map(() =>
        random(3) > 0 ? (VALUES[random(VALUES.length)] as bigint) : BigInt(random(2 ** 24)) * 0x9e3779b97f4a7c15n,
      ),
    }));
  });
}
