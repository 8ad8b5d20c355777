/** What an image is built from. */
import type { ObjectModule } from '@drift-os/toolchain';

/** A compiled module, with the source map that gives its functions their lines. */
export interface WasmSource {
  readonly wasm: Uint8Array;
  /** Version 3, JSON text. */
  readonly sourceMap?: string;
}

export interface ApplicationSource {
  /** Letters, digits, `-`, `_`, `.`; unique in the image, and not that of a kernel. */
  readonly name: string;
  /**
   * Path of the program: AssemblyScript (`.ts`), which is compiled for the place it gets, or a module (`.wasm`) whose static data
   * begins at IMAGE of the memory map or higher (`asc --memoryBase`).
   */
  readonly entry: string;
  /** Stack of an instance in bytes. Default 0: what kernel-w gives. */
  readonly stackBytes?: number;
}

/** Stand-off of a worker, see STAND_OFF_* in `@drift-os/abi/layout/worker-block`. */
export interface StandOff {
  /** Turns that found nothing before the next stage; 0 skips the stage, -1 never leaves it. */
  readonly spinTurns: number;
  readonly pauseTurns: number;
  /** Greatest number of PAUSEs in one turn. */
  readonly pauseLimit: number;
  /** Wait by MONITOR/MWAIT or UMWAIT where the processor has it. */
  readonly mwait: boolean;
  /** Longest timed sleep in microseconds, 0 for none. */
  readonly timedMicroseconds: number;
}

export interface ImageOptions {
  /** In the order of the image directory. Default none. */
  readonly applications?: readonly ApplicationSource[];
  /** Version and identity of the build, shown in the banner. Default `Drift`. */
  readonly buildName?: string;
  /** Applications that Thread/C starts after the boot, in this order. */
  readonly autostart?: readonly {
    readonly application: string;
    /** 1, 2, ...; default: wherever least is running. */
    readonly worker?: number;
  }[];
  /** By worker; without `worker` for every one. Later entries win. */
  readonly standOff?: readonly (StandOff & { readonly worker?: number })[];
  /** Default capacity of a channel's rings in bytes, a power of two. Default: Thread/C's own. */
  readonly channelCapacity?: number;
  /** Default: `@drift-os/kernel-c/kernel-c.wasm`. */
  readonly kernelC?: WasmSource;
  /** Default: `@drift-os/kernel-w/kernel-w.wasm`. */
  readonly kernelW?: WasmSource;
  /** Objects linked in besides, for symbols that applications import: native code of another compiler. Default none. */
  readonly objects?: readonly ObjectModule[];
  /** Folder that source paths in the ELF file are relative to. Default `.`. */
  readonly compilationDirectory?: string;
}

export interface BuiltModule {
  readonly name: string;
  readonly kind: 'kernel-c' | 'kernel-w' | 'application';
  readonly textBytes: number;
  readonly rodataBytes: number;
  /** Static data, zero-filled part included. */
  readonly dataBytes: number;
}

export interface BuiltImage {
  /** Raw disk, a whole number of MiB, bootable by a BIOS. */
  readonly disk: Uint8Array;
  /** ELF64 executable of the same image for debuggers, with symbols and lines. */
  readonly elf: Uint8Array;
  /** What stands where, as text. */
  readonly map: string;
  readonly modules: readonly BuiltModule[];
}
