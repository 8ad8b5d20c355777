/** The interpreter: decodes blocks into records, makes the handlers they need, links branches, and runs. 64-bit mode. */
import type { Register } from '../operand.ts';
import { FunctionBody } from '../wasm/function-body.ts';
import { ModuleBuilder } from '../wasm/module-builder.ts';
import { addressOf, immediateOf, registerAt } from './effective-address.ts';
import { handlerSignature, lowerHandler } from './handler.ts';
import { meaningOf } from './instructions/index.ts';
import type { LeaveReason, Meaning } from './language.ts';
import { commitSignature, translateSignature } from './lowering.ts';
import { keyOf, type Shape } from './operand-shape.ts';
import * as record from './record.ts';
import * as state from './state.ts';
import { decodeRun, type FetchCode, type RunInstruction } from './straight-run.ts';

/** What the code of a core needs from around it. */
export interface CoreEnvironment {
  readonly memory: WebAssembly.Memory;
  /** Fills the TLB. See lowering.ts; a fault's details are its caller's to keep. */
  readonly translate: (address: bigint, bytes: number, write: number) => number;
  readonly commit: () => void;
  readonly fetch: FetchCode;
}

const jump: Shape = {
  mnemonic: 'jmp',
  operands: [{ kind: 'immediate', bits: 64, indexed: false }],
  repeated: false,
  flagsDead: false,
};

export class Interpreter {
  readonly #environment: CoreEnvironment;
  readonly #view: DataView;
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  readonly #run: (record: number) => void;
  /** Indexes into the table, by the shape's key. */
  readonly #handlers = new Map<string, number>();
  readonly #blocks = new Map<bigint, number>();
  #free = state.RECORDS;

  constructor(environment: CoreEnvironment) {
    this.#environment = environment;
    this.#view = new DataView(environment.memory.buffer);
    this.#run = this.#instantiate(dispatcher())['run'] as (record: number) => void;
  }

  /** Runs from RIP for about so many instructions, or until something else ends it. */
  run(budget: number): state.ReasonCode {
    const view = this.#view;
    view.setBigInt64(state.BUDGET, BigInt(budget), true);
    view.setInt32(state.LINK, 0, true);
    for (;;) {
      const rip = view.getBigUint64(state.RIP, true);
      const block = this.#blocks.get(rip) ?? this.#decodeBlock(rip);
      this.#remember(rip, block);
      this.#run(block);
      const reason = view.getInt32(state.REASON, true) as state.ReasonCode;
      if (reason !== state.Reason.transfer) return reason;
    }
  }

  /** Forgets all decoded code. Called whenever code or its mapping may have changed. */
  flush(): void {
    new Uint8Array(this.#view.buffer).fill(0, state.JUMPS, state.JUMPS + state.JUMP_ENTRIES * 16);
    this.#view.setInt32(state.LINK, 0, true);
    this.#blocks.clear();
    this.#free = state.RECORDS;
  }

  /** Links the branch that waits for this block, if one does, and enters it where returns look. */
  #remember(rip: bigint, block: number): void {
    const link = this.#view.getInt32(state.LINK, true);
    if (link !== 0) this.#view.setInt32(link, block, true);
    this.#view.setInt32(state.LINK, 0, true);
    const entry = state.JUMPS + (Number(rip & BigInt(state.JUMP_ENTRIES - 1)) << 4);
    this.#view.setBigUint64(entry, rip, true);
    this.#view.setInt32(entry + 8, block, true);
  }

  #decodeBlock(rip: bigint): number {
    const { instructions, end, ending } = decodeRun(this.#environment.fetch, rip, true);
    if (this.#free + (instructions.length + 1) * record.RECORD_BYTES > state.RECORDS_END) this.flush();
    const block = this.#free;
    this.#makeHandlers(instructions.map(({ shape }) => shape));
    for (const [position, each] of instructions.entries()) this.#writeInstruction(each, position + 1);
    if (ending !== 'jump') this.#writeEnding(end, ending, instructions.length);
    this.#blocks.set(rip, block);
    return block;
  }

  #writeInstruction({ instruction, shape, rip, next }: RunInstruction, count: number): void {
    const view = this.#view;
    const at = this.#newRecord(keyOf(shape), rip, next, count);
    for (const [operand, { kind }] of shape.operands.entries()) {
      if (kind !== 'gpr' && kind !== 'xmm') continue;
      view.setInt32(at + record.OPERANDS + 4 * operand, placeOf(registerAt(instruction, operand)), true);
    }
    const { base, index, scale, displacement } = addressOf(instruction, next);
    view.setInt32(at + record.BASE, base === undefined ? state.ZERO : state.GPR + 8 * base, true);
    view.setInt32(at + record.INDEX, index === undefined ? state.ZERO : state.GPR + 8 * index, true);
    view.setUint8(at + record.SCALE, scale);
    view.setBigUint64(at + record.DISPLACEMENT, displacement, true);
    view.setBigUint64(at + record.IMMEDIATE, immediateOf(instruction, shape, next) ?? 0n, true);
  }

  #writeEnding(rip: bigint, ending: 'cut' | 'invalid' | 'unsupported', count: number): void {
    const at = this.#newRecord(ending === 'cut' ? keyOf(jump) : ending, rip, rip, count);
    this.#view.setBigUint64(at + record.IMMEDIATE, rip, true);
  }

  #newRecord(key: string, rip: bigint, next: bigint, count: number): number {
    const view = this.#view;
    const at = this.#free;
    this.#free += record.RECORD_BYTES;
    new Uint8Array(view.buffer, at, record.RECORD_BYTES).fill(0);
    view.setInt32(at + record.HANDLER, this.#handlers.get(key) as number, true);
    view.setUint16(at + record.COUNT, count, true);
    view.setBigUint64(at + record.INSTRUCTION_RIP, rip, true);
    view.setBigUint64(at + record.NEXT_RIP, next, true);
    return at;
  }

  /** Makes a module of those handlers that do not exist yet. */
  #makeHandlers(shapes: readonly Shape[]): void {
    const missing = new Map<string, { meaning: Meaning; indexed: boolean }>();
    const add = (key: string, meaning: Meaning, indexed: boolean): void => {
      if (!this.#handlers.has(key)) missing.set(key, { meaning, indexed });
    };
    for (const shape of [...shapes, jump]) {
      const meaning = meaningOf(shape);
      if (meaning === undefined) throw new Error(`No meaning for ${keyOf(shape)}`);
      add(
        keyOf(shape),
        meaning,
        shape.operands.some(({ indexed }) => indexed),
      );
    }
    for (const reason of ['invalid', 'unsupported'] as const) add(reason, leaving(reason), false);
    if (missing.size === 0) return;
    const module = new ModuleBuilder();
    const imports = {
      translate: module.import('translate', translateSignature),
      commit: module.import('commit', commitSignature),
    };
    for (const [key, { meaning, indexed }] of missing) {
      module.function(key, handlerSignature, lowerHandler(meaning, indexed, imports));
    }
    const made = this.#instantiate(module);
    const first = this.#table.grow(missing.size);
    for (const [position, key] of [...missing.keys()].entries()) {
      this.#table.set(first + position, made[key]);
      this.#handlers.set(key, first + position);
    }
  }

  #instantiate(module: ModuleBuilder): WebAssembly.Exports {
    const { memory, translate, commit } = this.#environment;
    const core = { memory, table: this.#table, translate, commit };
    return new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { core }).exports;
  }
}

function leaving(reason: LeaveReason): Meaning {
  return { statements: [{ kind: 'leave', reason, at: 'this' }], temporaries: [] };
}

/** Where a register lies in the state. */
function placeOf(register: Register): number {
  if (register.class === 'xmm') return state.XMM + 16 * register.number;
  return register.class === 'gprHigh' ? state.GPR + 8 * (register.number - 4) + 1 : state.GPR + 8 * register.number;
}

/** Calls handlers until one returns 0. Faster than a tail call from handler to handler. */
function dispatcher(): ModuleBuilder {
  const module = new ModuleBuilder();
  const body = new FunctionBody(1);
  const loop = body.loop();
  body.get(0);
  body.get(0);
  body.load32(record.HANDLER);
  body.callIndirect(module.type(handlerSignature));
  body.tee(0);
  body.branchIf(loop);
  body.end();
  module.function('run', { parameters: ['i32'], results: [] }, body);
  return module;
}
