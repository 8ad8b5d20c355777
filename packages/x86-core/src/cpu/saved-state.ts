/** The whole state of a core as a value: what is in linear memory in front of the TLB, and what src/system holds. */
import { writeFloatMode } from '../semantics/float/mode.ts';
import * as state from '../semantics/state.ts';
import type { SavedSystemState, SystemState } from '../system/system-state.ts';
import type { CoreState } from './core-state.ts';

/** In structured-clone form. */
export interface CpuState {
  readonly version: number;
  /** Bytes of the state from GPR to the last MSR, without what only a running core uses. */
  readonly registers: Uint8Array;
  readonly system: SavedSystemState;
}

const VERSION = 2;
/** What is saved, in bytes of the state. */
const FIRST = state.GPR;
const LAST = state.PDPTES + 32;
/** What it holds beside registers, and is kept: budget, links, events, TLB, exception. */
const transient: readonly (readonly [number, number])[] = [
  [state.BUDGET, state.RFLAGS_SYSTEM],
  [state.EVENTS, state.CPL],
  [state.TLB, state.LONG_MODE],
];

/** A state that cannot be restored. */
export class StateError extends Error {
  readonly code = 'CPU_STATE_MISMATCH';
  override readonly name = 'StateError';
}

export function saveState({ view, base }: CoreState, system: SystemState): CpuState {
  const registers = new Uint8Array(view.buffer, base + FIRST, LAST - FIRST).slice();
  for (const [from, to] of transient) registers.fill(0, from - FIRST, to - FIRST);
  return { version: VERSION, registers, system: system.save() };
}

/** @throws StateError for a state of another version */
export function restoreState({ view, base }: CoreState, system: SystemState, saved: CpuState): void {
  if (saved.version !== VERSION || saved.registers.length !== LAST - FIRST) {
    throw new StateError(
      `The state has version ${saved.version} and ${saved.registers.length} bytes of registers; this package reads version ${VERSION} with ${LAST - FIRST}. Save it anew.`,
    );
  }
  const registers = saved.registers.slice();
  for (const [from, to] of transient) {
    registers.set(new Uint8Array(view.buffer, base + from, to - from), from - FIRST);
  }
  new Uint8Array(view.buffer, base + FIRST, LAST - FIRST).set(registers);
  writeFloatMode(view, base, view.getUint32(base + state.MXCSR, true));
  system.restore(saved.system);
}
