/** The AssemblyScript compiler as this package's tests use it. */
export function compileAssemblyScript(options: {
  readonly entry: string;
  readonly baseDir?: string;
  readonly memoryBase?: number;
}): Promise<{ readonly wasm: Uint8Array; readonly sourceMap: string }>;
