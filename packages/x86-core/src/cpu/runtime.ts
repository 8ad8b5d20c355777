/** The compiled runtime (assembly/), and its functions as TypeScript calls them. */
import { runtimeBase64 } from '../generated/runtime.ts';
import { bytesOfBase64 } from '../wasm/base64.ts';
import { importSharedMemory } from '../wasm/shared-memory-import.ts';

/** Addresses of cores and of host memory are numbers; linear and physical ones are bigints. */
export interface Runtime {
  /** A physical address, or -1 after an exception was raised. `access`: ACCESS_ bits of semantics/machine-memory.ts. */
  translateLinear(core: number, linear: bigint, access: number): bigint;
  translate(core: number, linear: bigint, bytes: number, access: number): number;
  /** Host address of bytes that TypeScript accesses, or 0 where `translateLinear` is to be asked: see assembly/tlb.ts. */
  hostOf(core: number, linear: bigint, bytes: number, user: boolean, write: boolean): number;
  keepHost(core: number, linear: bigint, host: number, user: boolean, write: boolean): void;
  clearTlb(core: number): void;
  flushTlb(core: number, keepGlobal: number): void;
  flushPage(core: number, linear: bigint): void;
  protectPage(core: number, host: number): void;
  /** Events and IRET as they usually are, 1 where they were carried out; 0: nothing was done. `kind`: EVENT_ bits of semantics/usual-event.ts. */
  deliverUsual(core: number, vector: number, errorCode: number, kind: number): number;
  returnUsual(core: number, bytes: number): number;
  raisedVector(core: number): number;
  /** All of RFLAGS, bit 1 set. */
  readFlags(core: number): number;
  writeFlags(core: number, value: number): void;
  /** `real`: the type does not restrict accesses (real and virtual-8086 mode). */
  setSegment(
    core: number,
    number: number,
    selector: number,
    base: bigint,
    limit: number,
    attributes: number,
    real: boolean,
  ): void;
  /** See assembly/mode.ts. */
  modeFingerprint(core: number): number;
  tlbSet(core: number): number;
  knowMode(core: number, number: number): void;
  forgetModes(core: number): void;
  setMxcsr(core: number, value: number): void;
}

/** What the runtime calls. Physical addresses are bigints. */
export interface RuntimeImports {
  busRead(core: number, physical: bigint, bytes: number, to: number): void;
  busWrite(core: number, physical: bigint, bytes: number, from: number): void;
  codeWritten(page: number): void;
  lockBus(core: number): void;
  unlockBus(core: number): void;
  watch(core: number, linear: bigint, bytes: number, write: number): void;
}

let compiled: WebAssembly.Module | undefined;
/** The same for shared memories, by their maximum in pages. */
const compiledShared = new Map<number, WebAssembly.Module>();

function compile(sharedMaximum: number | undefined): WebAssembly.Module {
  if (sharedMaximum === undefined) return (compiled ??= new WebAssembly.Module(bytesOfBase64(runtimeBase64)));
  let module = compiledShared.get(sharedMaximum);
  if (module === undefined) {
    module = new WebAssembly.Module(importSharedMemory(bytesOfBase64(runtimeBase64), sharedMaximum));
    compiledShared.set(sharedMaximum, module);
  }
  return module;
}

/** @param sharedMaximum of a shared memory, in pages */
export function instantiateRuntime(
  memory: WebAssembly.Memory,
  imports: RuntimeImports,
  sharedMaximum?: number,
): { readonly runtime: Runtime; readonly functions: Readonly<Record<string, WebAssembly.ExportValue>> } {
  const abort = (): never => {
    throw new Error('The runtime stopped');
  };
  const instance = new WebAssembly.Instance(compile(sharedMaximum), { env: { memory, abort }, bus: { ...imports } });
  const functions = instance.exports;
  (functions['_start'] as () => void)();
  return { runtime: functions as unknown as Runtime, functions };
}
