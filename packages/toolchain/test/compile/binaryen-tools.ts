/**
 * binaryen's wasm-opt, run in this process: the npm package ships it as one script with its WebAssembly inside, which is compiled
 * once here and instantiated for each run. Files are real; what it prints is caught.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface Engine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => object;
}
const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;

const require = createRequire(import.meta.url);
const path = join(dirname(require.resolve('binaryen/package.json')), 'bin', 'wasm-opt');

interface Program {
  callMain(args: string[]): number;
  wasmBinary(): Uint8Array;
}

type Start = (program: object, require: (name: string) => unknown, filename: string, dirname: string) => void;

let start: Start | undefined;
let compiled: object | undefined;

/** What the script is given as the module `fs`: all of it, but for what goes to standard output. */
function outputCatcher(parts: Buffer[]): typeof fs {
  const writeSync = (fd: number, bytes: Buffer, offset: number, length: number, ...rest: number[]): number => {
    if (fd !== 1 && fd !== 2) return fs.writeSync(fd, bytes, offset, length, ...rest);
    parts.push(Buffer.from(bytes.subarray(offset, offset + length)));
    return length;
  };
  return { ...fs, writeSync } as typeof fs;
}

/** Runs `wasm-opt` with the arguments and gives what it prints. @throws when it fails. */
export async function wasmOpt(args: readonly string[]): Promise<string> {
  if (start === undefined) {
    const script = fs.readFileSync(path, 'utf8');
    const body = script.slice(script.indexOf('\n') + 1);
    const expose = 'Module.callMain = (args) => callMain(args); Module.wasmBinary = () => findWasmBinary();';
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the script knows no other way to be run more than once
    start = new Function('Module', 'require', '__filename', '__dirname', expose + body) as Start;
  }
  const parts: Buffer[] = [];
  const catcher = outputCatcher(parts);
  const exitCode = process.exitCode;
  const status = await new Promise<unknown>((resolve) => {
    const program = {
      noInitialRun: true,
      instantiateWasm(imports: object, done: (instance: object) => void): void {
        compiled ??= new engine.Module((program as unknown as Program).wasmBinary());
        done(new engine.Instance(compiled, imports));
      },
      onRuntimeInitialized(): void {
        try {
          resolve((program as unknown as Program).callMain([...args]));
        } catch (error) {
          resolve(error);
        }
      },
    };
    start?.(program, (name) => (name === 'fs' || name === 'node:fs' ? catcher : require(name)), path, dirname(path));
  });
  process.exitCode = exitCode;
  const output = Buffer.concat(parts).toString('latin1');
  // Endless recursion in what it interprets ends its own stack.
  if (status instanceof RangeError) return `${output}\n[host limit]\n`;
  if (status !== 0) throw new Error(`wasm-opt ${args.join(' ')}: ${String(status)}\n${output.slice(-1000)}`);
  return output;
}
