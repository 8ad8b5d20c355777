/** What vectors are replayed on: anything that takes a state, executes one instruction, and gives the state back. */
import type { Row } from '../../src/index.ts';

export interface Subject {
  /** False: the row's CPUID feature is not promised, so that it is #UD. */
  offers(row: Row): boolean;
  /** Takes a state of @drift-os/x86-vectors, and the code that stands at its RIP. `isOne`: one instruction. */
  load(state: Uint8Array, code: Uint8Array, isOne?: boolean): void;
  /** Executes one instruction, exception included. */
  execute(): void;
  /** Writes the state into `into`, exception included. */
  save(into: Uint8Array): void;
}
