/** A whole machine as a value: saved, kept (structuredClone, IndexedDB, a file), restored into a machine of the same make. */
import type { OverlayDisk, OverlayState } from '@drift-os/devices';
import type { Cpu, CpuState, PhysicalMemory } from '@drift-os/x86-core';
import type { Board } from './board.ts';
import { MachineError } from './machine-error.ts';

/** Changes whenever an older state could not be understood. */
export const STATE_VERSION = 1;

export interface MachineState {
  readonly kind: 'drift-machine';
  readonly version: number;
  /** What the machine is made of, as text for the list of differences. */
  readonly make: Readonly<Record<string, string>>;
  /** Nanoseconds of the guest's time. */
  readonly time: bigint;
  readonly ram: Uint8Array;
  readonly cores: readonly CpuState[];
  readonly devices: ReadonlyMap<string, unknown>;
  readonly disks: readonly (OverlayState | undefined)[];
}

/** The guest's time, as it is saved. */
export interface GuestTime {
  readonly kind: 'virtual' | 'host';
  now(): bigint;
  /** Sets it, with nothing scheduled. */
  restart(time: bigint): void;
}

export interface StatefulParts {
  readonly board: Board;
  readonly cores: readonly Pick<Cpu, 'save' | 'restore'>[];
  readonly memory: PhysicalMemory;
  readonly time: GuestTime;
  readonly ram: Uint8Array;
  readonly overlays: readonly (OverlayDisk | undefined)[];
}

export function saveMachine(parts: StatefulParts): MachineState {
  const { board, cores, time, ram, overlays } = parts;
  return {
    kind: 'drift-machine',
    version: STATE_VERSION,
    make: makeOf(parts),
    time: time.now(),
    ram: ram.slice(),
    cores: cores.map((core) => core.save()),
    devices: new Map(Array.from(board.devices, ([name, device]) => [name, device.save()])),
    disks: overlays.map((overlay) => overlay?.save()),
  };
}

/** @throws MachineError STATE_MISMATCH with the list of differences; nothing was changed then */
export function restoreMachine(parts: StatefulParts, saved: unknown): void {
  const state = checkState(parts, saved);
  const { board, cores, memory, time, ram, overlays } = parts;
  time.restart(state.time);
  for (const [number, overlay] of overlays.entries()) {
    const written = state.disks[number];
    if (overlay !== undefined && written !== undefined) overlay.restore(written);
  }
  for (const [name, device] of board.devices) device.restore(state.devices.get(name));
  ram.set(state.ram);
  // Once more through the map, where RAM is shown: code that was decoded from it is dropped.
  memory.write(0, state.ram);
  for (const [number, core] of cores.entries()) core.restore(state.cores[number] as CpuState);
}

function makeOf({ board, cores, ram, overlays, time }: StatefulParts): Record<string, string> {
  return {
    cores: String(cores.length),
    memory: `${ram.length / 2 ** 20} MiB`,
    time: time.kind,
    disks: overlays.map((overlay) => (overlay === undefined ? 'not kept' : `${overlay.sectors} sectors`)).join(', '),
    devices: [...board.devices.keys()].join(', '),
  };
}

function checkState(parts: StatefulParts, saved: unknown): MachineState {
  if (typeof saved !== 'object' || saved === null || !('kind' in saved) || saved.kind !== 'drift-machine') {
    throw new MachineError('STATE_MISMATCH', 'This is no saved state of a machine. Give what `save` returned.');
  }
  const state = saved as MachineState;
  if (state.version !== STATE_VERSION) {
    throw new MachineError(
      'STATE_MISMATCH',
      `The state has version ${state.version}, this program understands ${STATE_VERSION}. Restore it with the version that saved it.`,
    );
  }
  const own = makeOf(parts);
  const differences = Object.keys(own).filter((key) => own[key] !== state.make[key]);
  if (differences.length > 0) {
    const list = differences
      .map((key) => `${key}: saved ${state.make[key] ?? 'nothing'}, here ${own[key] ?? ''}`)
      .join('; ');
    throw new MachineError(
      'STATE_MISMATCH',
      `The state is of another machine. ${list}. Create the machine with the same options.`,
    );
  }
  return state;
}
