/** What vectors are replayed on: anything that takes a state, executes one instruction, and gives the state back. */

export interface Subject {
  /** Takes a state of @drift-os/x86-vectors, and the code that stands at its RIP. */
  load(state: Uint8Array, code: Uint8Array): void;
  /** Executes one instruction, exception included. @returns false where the instruction has no meaning here. */
  execute(): boolean;
  /** Writes the state into `into`, exception included. */
  save(into: Uint8Array): void;
}
