/** Instantiates the host module: the pieces of Thread/C over a memory of their own, with the machine's instructions absent. */

/** Where the module's static data ends, and the caller's part of the memory begins. */
export const HOST_DATA_END = 0x80000;
const WASM_PAGE_BYTES = 65536;

/** A piece was asked for something that makes no sense. */
export class HostPieceError extends Error {
  override readonly name = 'HostPieceError';
  readonly code: 'HOST_ARGUMENT' | 'HOST_NO_MACHINE';
  constructor(code: 'HOST_ARGUMENT' | 'HOST_NO_MACHINE', message: string) {
    super(message);
    this.code = code;
  }
}

export interface HostModule<E> {
  readonly exports: E;
  /** Over the whole memory; address 0 of the guest is offset 0. */
  readonly view: DataView;
}

/**
 * Makes an instance with `bytes` bytes of memory for the caller from HOST_DATA_END on.
 *
 * @param notify Receives the argument of a timer that the host started.
 * @param wasm dist/host.wasm of this package, as bytes or compiled.
 * @throws HostPieceError HOST_NO_MACHINE from an exported function that needs an instruction not given in `cpu`.
 */
export async function instantiateHostModule<E>(
  wasm: BufferSource | WebAssembly.Module,
  bytes: number,
  cpu: Readonly<Record<string, (...values: never[]) => unknown>> = {},
  notify: (argument: number) => void = () => {},
): Promise<HostModule<E>> {
  const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
  const pages = Math.ceil((HOST_DATA_END + bytes) / WASM_PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const intrinsics: WebAssembly.ModuleImports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === 'cpu') intrinsics[name] = cpu[name] ?? absent(name);
  }
  const instance = await WebAssembly.instantiate(module, {
    env: { memory },
    cpu: intrinsics,
    'host-import': { notify },
  });
  const exports = instance.exports as E & { _start(): void };
  exports._start();
  return { exports, view: new DataView(memory.buffer) };
}

function absent(name: string): () => never {
  return () => {
    throw new HostPieceError('HOST_NO_MACHINE', `${name} needs a machine: give it in \`cpu\`.`);
  };
}
