/** Runs one core in 64-bit mode over memory that its caller translates: decodes blocks into records, links branches, and runs. */
import { type CodeEnvironment, HandlerTable } from './handler-table.ts';
import { longMode } from './operand-shape.ts';
import { Reason, type ReasonCode } from './reason.ts';
import * as record from './record.ts';
import { writePlainRecord, writeRecord } from './record-writer.ts';
import * as state from './state.ts';
import { decodeRun, type FetchCode } from './straight-run.ts';

export interface CoreEnvironment extends CodeEnvironment {
  readonly core: number;
  readonly recordsEnd: number;
  readonly fetch: FetchCode;
}

export class Interpreter {
  readonly #environment: CoreEnvironment;
  readonly #view: DataView;
  readonly #handlers: HandlerTable;
  readonly #blocks = new Map<bigint, number>();
  readonly #core: number;
  #free: number;

  constructor(environment: CoreEnvironment) {
    this.#environment = environment;
    this.#core = environment.core;
    this.#free = this.#core + state.RECORDS;
    this.#view = new DataView(environment.memory.buffer);
    this.#handlers = new HandlerTable(environment);
  }

  /** Runs from RIP for about so many instructions, or until something else ends it. */
  run(budget: number): ReasonCode {
    const view = this.#view;
    view.setBigInt64(this.#core + state.BUDGET, BigInt(budget), true);
    view.setInt32(this.#core + state.LINK, 0, true);
    for (;;) {
      const rip = view.getBigUint64(this.#core + state.RIP, true);
      const block = this.#blocks.get(rip) ?? this.#decodeBlock(rip);
      this.#remember(rip, block);
      this.#handlers.run(block, this.#core);
      const reason = view.getInt32(this.#core + state.REASON, true) as ReasonCode;
      if (reason !== Reason.transfer) return reason;
    }
  }

  /** Forgets all decoded code. Called whenever code or its mapping may have changed. */
  flush(): void {
    const key = this.#view.getInt32(this.#core + state.JUMPS_KEY, true);
    this.#view.setInt32(this.#core + state.JUMPS_KEY, key + 1, true);
    this.#view.setInt32(this.#core + state.LINK, 0, true);
    this.#blocks.clear();
    this.#free = this.#core + state.RECORDS;
  }

  /** Links the branch that waits for this block, if one does, and enters it where returns look. */
  #remember(rip: bigint, block: number): void {
    const view = this.#view;
    const link = view.getInt32(this.#core + state.LINK, true);
    if (link !== 0) view.setInt32(link, block, true);
    view.setInt32(this.#core + state.LINK, 0, true);
    const entry = this.#core + state.JUMPS + (Number(rip & BigInt(state.JUMP_ENTRIES - 1)) << 4);
    view.setBigUint64(entry, rip, true);
    view.setInt32(entry + 8, block, true);
    view.setInt32(entry + 12, view.getInt32(this.#core + state.JUMPS_KEY, true), true);
  }

  #decodeBlock(rip: bigint): number {
    const { instructions, end, ending } = decodeRun(this.#environment.fetch, rip, longMode, { throughBranches: true });
    if (this.#free + (instructions.length + 1) * record.RECORD_BYTES > this.#environment.recordsEnd) this.flush();
    const block = this.#free;
    this.#handlers.prepare(instructions.map(({ shape }) => shape));
    for (const [position, each] of instructions.entries()) {
      writeRecord(this.#view, this.#core, this.#free, each, this.#handlers.indexOf(each.shape), position + 1);
      this.#free += record.RECORD_BYTES;
    }
    if (ending !== 'jump') {
      const handler = this.#handlers.special(
        ending === 'cut' ? 'goOn' : ending === 'too long' ? 'tooLong' : 'undefined',
      );
      writePlainRecord(this.#view, this.#free, handler, instructions.length + (ending === 'cut' ? 0 : 1), end, 0);
      this.#view.setBigUint64(this.#free + record.IMMEDIATE, end, true);
      this.#free += record.RECORD_BYTES;
    }
    this.#blocks.set(rip, block);
    return block;
  }
}
