/** What the linker gives: segments to load, symbols, and where each object's sections went. */
import type { ObjectModule, SymbolDefinition } from '../object.ts';

/** A page-aligned range of one protection. */
export interface LinkedSegment {
  readonly name: string;
  readonly address: number;
  /** Contents; the rest of `memoryBytes` is zero. */
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
  /** SEGMENT_EXECUTABLE, SEGMENT_WRITABLE of the image directory. */
  readonly flags: number;
}

export interface PlacedObject {
  readonly object: ObjectModule;
  /** Physical address of each of its sections. */
  readonly addresses: readonly number[];
}

export interface LinkedSymbol {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly kind: SymbolDefinition['kind'];
  readonly global: boolean;
  /** Name of the object that defines it. */
  readonly object: string;
}

export interface LinkedImage {
  /** Ascending by address, not overlapping. */
  readonly segments: readonly LinkedSegment[];
  readonly entry: number;
  /** Address of the image directory. */
  readonly directory: number;
  readonly objects: readonly PlacedObject[];
  /** Ascending by address. */
  readonly symbols: readonly LinkedSymbol[];
  /** Segments, sections and symbols as text. */
  readonly map: string;
}
