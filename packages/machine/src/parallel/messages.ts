/** Messages between the host's thread and those of the cores: what is rare and has a structure. Bytes go over the channel. */
import type {
  CodeSource,
  CompiledModule,
  CompileEnvironment,
  JitCounters,
  SavedSystemState,
  SharedMemoryPlace,
  Watchpoint,
  WatchHit,
} from '@drift-os/x86-core';
import type { BoardSetup } from '../compose-board.ts';
import type { Ending } from '../machine.ts';
import type { MachineErrorCode } from '../machine-error.ts';
import type { MachineState } from '../machine-state.ts';
import type { DeviceModule } from '../options.ts';
import type { AreaBuffers } from './area.ts';
import type { RemoteDiskInfo } from './remote-disk.ts';

/** A drive as core 0's thread makes it. */
export interface DriveSetup {
  readonly kind: 'disk' | 'cd';
  /** The image, or where to ask for sectors. */
  readonly disk: Uint8Array | RemoteDiskInfo;
  /** Writes stay in an overlay. */
  readonly overlay: boolean;
}

/** For core 0's thread. */
export interface BoardStart {
  readonly setup: BoardSetup;
  readonly drives: readonly DriveSetup[];
  readonly devices: readonly DeviceModule[];
  readonly onReset: 'restart' | 'end';
  readonly channel: SharedArrayBuffer;
}

export interface StartMessage {
  readonly kind: 'start';
  readonly core: number;
  readonly cores: number;
  readonly place: SharedMemoryPlace;
  readonly jit: boolean;
  readonly area: AreaBuffers;
  readonly board: BoardStart | undefined;
}

/** To a core's thread. */
export type ToCore =
  | StartMessage
  /** The core is as `system` and its registers say. */
  | {
      readonly kind: 'run';
      readonly system: SavedSystemState;
      readonly breakpoints: readonly bigint[];
      readonly watchpoints: readonly Watchpoint[];
    }
  /** Answered by `paused`. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'breakpoint'; readonly linear: bigint; readonly set: boolean }
  | { readonly kind: 'watchpoint'; readonly watchpoint: Watchpoint; readonly set: boolean }
  /** What the core's `compile` asked for. */
  | { readonly kind: 'compiled'; readonly compiled: CompiledModule | undefined }
  /** To core 0. The cores too, where they run. */
  | { readonly kind: 'reset'; readonly cores: boolean }
  /** To core 0, of a paused machine: answered by `saved`, `restored` or `refused`. */
  | { readonly kind: 'save' }
  | { readonly kind: 'restore'; readonly state: MachineState }
  /** Answered by `counters`. */
  | { readonly kind: 'counters' }
  /** The core carries out no instruction any more; the thread still answers. Answered by `ceased`. */
  | { readonly kind: 'cease' }
  /** Of a core that has ceased, as all others have: the thread ends. Answered by `over`. */
  | { readonly kind: 'end' };

/** From a core's thread. */
export type FromCore =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: MachineErrorCode | undefined; readonly message: string }
  | { readonly kind: 'paused'; readonly system: SavedSystemState }
  | { readonly kind: 'stopped'; readonly reason: 'breakpoint' | 'watchpoint'; readonly hit: WatchHit | undefined }
  | { readonly kind: 'saved'; readonly state: MachineState }
  | { readonly kind: 'restored'; readonly time: bigint }
  | { readonly kind: 'ending'; readonly ending: Ending }
  | { readonly kind: 'report'; readonly message: string }
  /** One at a time: answered by `compiled`. */
  | {
      readonly kind: 'compile';
      readonly sources: readonly CodeSource[];
      readonly environment: CompileEnvironment;
    }
  /** The channel has something. */
  | { readonly kind: 'channel' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Of this thread's compiler, if it has one. */
  | { readonly kind: 'counters'; readonly counters: JitCounters | undefined }
  | { readonly kind: 'ceased'; readonly counters: JitCounters | undefined }
  /** The last message of a thread. */
  | { readonly kind: 'over' };
