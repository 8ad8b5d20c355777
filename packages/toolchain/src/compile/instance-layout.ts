/**
 * What an instance of a module changes while it runs, as offsets in bytes from the start of section `globals`:
 *
 * ```
 *   globals                        8 bytes each, vectors 16 and aligned to 16
 *   memory record                  base, bytes: 8 bytes each; where the base is in a register or the memory grows
 *   lengths of passive segments    8 bytes each, 0 once dropped; data, then elements
 *   tables                         number of elements, then 8 bytes for each that there may be
 * ```
 *
 * An element is the address of a function's descriptor (or whatever the embedder's externref is), 0 is null. Tables that only
 * calls read and that are not exported are not here: they are constant.
 */
import { type Module, V128 } from '../wasm/types.ts';
import type { ModuleUsage } from './module-usage.ts';
import type { CompileWasmOptions } from './options.ts';

/** A table that the module or its embedder changes or reads. */
export interface TablePlace {
  /** Of the number of elements. */
  readonly size: number;
  /** Of the first element. */
  readonly elements: number;
  /** Elements that there is room for. */
  readonly capacity: number;
  readonly grows: boolean;
}

export const MEMORY_RECORD_BYTES = 16;
const DEFAULT_TABLE_LIMIT = 1024;

export class InstanceLayout {
  readonly globals: readonly number[];
  /** Of the memory record; undefined where base and size are constant. */
  readonly memory: number | undefined;
  /** By segment; undefined for active ones, which are dropped from the start. */
  readonly dataLengths: readonly (number | undefined)[];
  readonly elementLengths: readonly (number | undefined)[];
  /** By table; undefined for constant ones. */
  readonly tables: readonly (TablePlace | undefined)[];

  constructor(module: Module, usage: ModuleUsage, options: CompileWasmOptions) {
    let offset = 0;
    const take = (bytes: number, alignment = 8): number => {
      const start = (offset + alignment - 1) & -alignment;
      offset = start + bytes;
      return start;
    };
    this.globals = module.globals.map(({ type, imported }) =>
      imported !== undefined ? offset : type === V128 ? take(16, 16) : take(8),
    );
    const recorded = options.memoryBase.kind === 'register' || options.memoryGrowth === 'hook';
    this.memory = recorded && module.memories.length > 0 ? take(MEMORY_RECORD_BYTES) : undefined;
    this.dataLengths = module.data.map(({ mode }) => (mode === 'passive' ? take(8) : undefined));
    this.elementLengths = module.elements.map(({ mode }) => (mode === 'passive' ? take(8) : undefined));
    this.tables = module.tables.map(({ minimum, maximum }, i) => {
      const exported = module.exports.some(({ kind, index }) => kind === 'table' && index === i);
      if (!exported && !usage.accessedTables.has(i)) return undefined;
      const grows = usage.grownTables.has(i);
      const limit = Math.max(minimum, options.tableLimit ?? DEFAULT_TABLE_LIMIT);
      const capacity = grows ? Math.min(maximum ?? Number.POSITIVE_INFINITY, limit) : minimum;
      return { size: take(8), elements: take(8 * capacity), capacity, grows };
    });
  }
}
