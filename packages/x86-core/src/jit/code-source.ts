/** What a region is made from: pages of code as they are now, and what running them has shown. A plain value: it can be sent to another thread. */
import type { CodeMode } from '../cpu/code-mode.ts';

export interface CodePage {
  /** Linear address of the page. */
  readonly linear: bigint;
  /** Its physical address. */
  readonly physical: number;
  /** Its 4096 bytes. */
  readonly bytes: Uint8Array;
}

export interface CodeSource {
  readonly mode: CodeMode;
  /** Features that the processor does not offer: what FeatureSet is made without. */
  readonly missingFeatures: readonly string[];
  readonly pages: readonly CodePage[];
  /** Offset in CS of the block that was entered often. */
  readonly entry: bigint;
  /** Where blocks begin that have been carried out. */
  readonly starts: readonly bigint[];
  /** Further blocks that belong to the region: places where it was left for. */
  readonly wanted: readonly bigint[];
  /** Where computed jumps went, by the offset in CS of the jump. */
  readonly targets: ReadonlyMap<bigint, readonly bigint[]>;
}
