/**
 * V8 keeps what WebAssembly says is unlikely out of the way of the rest, which makes compiled regions a third faster: the branch hinting proposal. Browsers do so by themselves;
 * in Node 24 it is a flag, which may be set while the process runs.
 */
interface V8 {
  setFlagsFromString(flag: string): void;
}

let taken = false;

/** Before there is a thread that compiles. */
export function takeBranchHints(): void {
  if (taken) return;
  taken = true;
  const { process } = globalThis as { readonly process?: { getBuiltinModule?: (name: string) => unknown } };
  const v8 = process?.getBuiltinModule?.('node:v8') as V8 | undefined;
  v8?.setFlagsFromString('--experimental-wasm-branch-hinting');
}
