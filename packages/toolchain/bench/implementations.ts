/** What is compared: who compiled the kernel, and from what. */

export type ImplementationName =
  | 'clang -O2'
  | 'clang -O1'
  | 'drift'
  | 'drift simd'
  | 'drift as'
  | 'wasm2c'
  | 'v8'
  | 'v8 simd'
  | 'liftoff';

export interface Implementation {
  readonly name: ImplementationName;
  readonly description: string;
  /** Which server runs it. */
  readonly server: 'native' | 'optimized' | 'baseline';
  /** From the C source; from WebAssembly that clang made of it, without or with vectors; or from the same kernel in AssemblyScript. */
  readonly source: 'c' | 'scalar' | 'simd' | 'assemblyscript';
}

/** All others are related to the first. */
export const implementations: readonly Implementation[] = [
  { name: 'clang -O2', description: 'the C source, natively', server: 'native', source: 'c' },
  { name: 'clang -O1', description: 'the C source, natively', server: 'native', source: 'c' },
  { name: 'drift', description: 'this compiler', server: 'native', source: 'scalar' },
  { name: 'drift simd', description: 'this compiler, from wasm with vectors', server: 'native', source: 'simd' },
  {
    name: 'drift as',
    description: 'this compiler, from AssemblyScript, where the kernel is written in it',
    server: 'native',
    source: 'assemblyscript',
  },
  { name: 'wasm2c', description: 'wasm back to C, then clang -O2', server: 'native', source: 'scalar' },
  { name: 'v8', description: "V8's optimising compiler", server: 'optimized', source: 'scalar' },
  {
    name: 'v8 simd',
    description: "V8's optimising compiler, from wasm with vectors",
    server: 'optimized',
    source: 'simd',
  },
  { name: 'liftoff', description: "V8's baseline compiler", server: 'baseline', source: 'scalar' },
];

/** An implementation's name as a part of C identifiers. */
export function implementationIdentifier(name: ImplementationName): string {
  return name.replaceAll(/[^a-zA-Z0-9]+/g, '_');
}
