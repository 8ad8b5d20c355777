/**
 * Writes blocks as records: from a place to a jump, to what cannot be decoded, to the end of the page. Most instructions are known by their first bytes
 * and are copied; the others are decoded, and known from then on.
 *
 * An instruction that reaches into the next page stands in a block of its own: the mapping of that page may change by itself.
 */
import { decode } from '../decode/decode.ts';
import type { DecodeFailure, Instruction } from '../decode/instruction.ts';
import { opcodeOf } from '../decode/opcode-index.ts';
import { formOf } from '../semantics/form.ts';
import type { HandlerTable } from '../semantics/handler-table.ts';
import { ALL_FLAGS } from '../semantics/liveness.ts';
import type { CodeShape, Shape } from '../semantics/operand-shape.ts';
import * as record from '../semantics/record.ts';
import { writePlainRecord, writeRecord } from '../semantics/record-writer.ts';
import { generalProtection } from '../system/cpu-fault.ts';
import type { FeatureSet } from '../system/features.ts';
import { availabilityOf } from './availability.ts';
import type { CodeFetch, FetchedCode } from './code-fetch.ts';
import type { CodeMode } from './code-mode.ts';
import { InstructionMemo } from './instruction-memo.ts';
import { keyLengthOf, RecordTemplates } from './record-templates.ts';

export interface WrittenBlock {
  readonly records: number;
  /** Of the code that was looked at: at least 1. */
  readonly bytes: number;
  /** Page number of the second page of an instruction that reaches into it; else -1. */
  readonly secondPage: number;
  /** Where direct branches to other pages go. */
  readonly leadsTo: readonly bigint[];
  /** What TypeScript carries out, by the records. */
  readonly assisted: readonly { readonly at: number; readonly instruction: Instruction }[];
}

/** jump: the last instruction always jumps or leaves. cut: it goes on behind. The others: what is behind is no instruction, or may not run. */
type Ending = 'jump' | 'cut' | 'invalid' | 'notAvailable' | 'too long';

const failures = { invalid: 'undefined', notAvailable: 'notAvailable', 'too long': 'tooLong' } as const;

const PAGE = 4096;
/** Instructions of the longest block; and its records, with the ending. */
export const MAX_INSTRUCTIONS: number = 64;
export const MAX_RECORDS: number = MAX_INSTRUCTIONS + 1;

/** What a block needs of the table. */
export type Handlers = Pick<HandlerTable, 'prepare' | 'indexOf' | 'pairOf' | 'special'>;

/** What is known for one code size. Its templates are forgotten when there are this many: unlike trees they grow with what is not remembered. */
class Memo {
  /** Equal shapes are one object here. */
  readonly shape: CodeShape;
  readonly tree = new InstructionMemo();
  readonly templates = new RecordTemplates();

  constructor(shape: CodeShape) {
    this.shape = shape;
  }

  makeRoom(): void {
    if (this.templates.count < MAX_TEMPLATES && !this.tree.isFull) return;
    this.templates.clear();
    this.tree.clear();
  }
}

const MAX_TEMPLATES = 1 << 16;

/** A mode by a number, and what is known for its code size. */
interface MemoOfMode {
  readonly number: number;
  readonly memo: Memo;
}

export class BlockWriter {
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #core: number;
  readonly #handlers: Handlers;
  readonly #fetch: Pick<CodeFetch, 'fetchBeyond'>;
  readonly #features: FeatureSet;
  readonly #memos = new Map<string, Memo>();
  readonly #modes = new Map<CodeMode, MemoOfMode>();
  /** The record of an instruction that is learned. */
  readonly #draft = new DataView(new ArrayBuffer(record.RECORD_BYTES));
  readonly #draftWords = new Int32Array(this.#draft.buffer);
  /** The block at work: numbers of its templates, and its handlers. */
  readonly #block = new Int32Array(MAX_INSTRUCTIONS);
  readonly #chosen = new Int32Array(MAX_INSTRUCTIONS);

  constructor(
    view: DataView,
    core: number,
    handlers: Handlers,
    fetch: Pick<CodeFetch, 'fetchBeyond'>,
    features: FeatureSet,
  ) {
    this.#view = view;
    this.#words = new Int32Array(view.buffer);
    this.#core = core;
    this.#handlers = handlers;
    this.#fetch = fetch;
    this.#features = features;
  }

  /**
   * @param at place of the first record
   * @param maximum of instructions: up to MAX_INSTRUCTIONS
   * @param isBreakpoint the block ends before these places
   * @throws CpuFault where the first instruction reaches into what cannot be fetched
   */
  write(
    code: FetchedCode,
    at: number,
    maximum: number,
    isBreakpoint: ((rip: bigint) => boolean) | undefined,
  ): WrittenBlock {
    const { mode, rip: start } = code.place;
    const known = this.#memoOf(mode);
    const { tree, templates } = known.memo;
    known.memo.makeRoom();
    const low = Number(BigInt.asIntN(32, start));
    const high = Number(BigInt.asIntN(32, start >> 32n));
    const left = PAGE - (low & (PAGE - 1));
    const leadsTo: bigint[] = [];
    let offset = 0;
    let ending: Ending = 'cut';
    let count = 0;
    let to = at >>> 2;
    while (count < maximum && offset < left) {
      if (count > 0 && isBreakpoint?.(start + BigInt(offset)) === true) break;
      let number = tree.find(code.bytes, offset);
      if (
        number < 0 ||
        offset + templates.lengthOf(number) > code.bytes.length ||
        (templates.readyIn(number) !== known.number && !this.#isReady(templates, number, known.number, mode))
      ) {
        const learned = this.#learn(code, offset, known);
        if (typeof learned === 'string') {
          ending = learned;
          break;
        }
        number = learned;
      }
      if (templates.write(number, this.#words, to, code.bytes, offset, (low + offset) | 0, high)) {
        leadsTo.push(this.#view.getBigUint64(4 * to + record.IMMEDIATE, true));
      }
      this.#block[count++] = number;
      to += record.RECORD_BYTES / 4;
      offset += templates.lengthOf(number);
      if (templates.ends(number)) {
        ending = 'jump';
        break;
      }
      if (code.secondPage >= 0) break;
    }
    const assisted = this.#writeHandlers(templates, at, count);
    const end = BigInt.asUintN(mode.shape.mode === 64 ? 64 : 32, start + BigInt(offset));
    if (ending !== 'jump' && this.#writeEnding(4 * to, count, ending, end, start)) leadsTo.push(end);
    return {
      records: count + (ending === 'jump' ? 0 : 1),
      bytes: Math.max(1, ending === 'jump' || ending === 'cut' ? offset : offset + 1),
      secondPage: code.secondPage,
      leadsTo,
      assisted,
    };
  }

  #memoOf(mode: CodeMode): MemoOfMode {
    let known = this.#modes.get(mode);
    if (known === undefined) {
      const key = Object.values(mode.shape).join();
      const memo = this.#memos.get(key) ?? new Memo(mode.shape);
      this.#memos.set(key, memo);
      known = { number: this.#modes.size + 1, memo };
      this.#modes.set(mode, known);
    }
    return known;
  }

  #isReady(templates: RecordTemplates, number: number, modeNumber: number, mode: CodeMode): boolean {
    if (availabilityOf(templates.instruction(number), mode, this.#features) !== 'ready') return false;
    templates.setReady(number, modeNumber);
    return true;
  }

  /** Decodes an instruction as if it were the first of its kind. @returns its template, or how the block ends where there is none that may run */
  #learn(code: FetchedCode, offset: number, { number: modeNumber, memo }: MemoOfMode): number | Ending {
    const { mode, rip: start } = code.place;
    const decoded = this.#decode(code, offset);
    if (decoded.kind === 'failure') return decoded.reason === 'truncated' ? 'cut' : decoded.reason;
    const availability = availabilityOf(decoded, mode, this.#features);
    if (availability !== 'ready') return availability;
    const { shape, templates, tree } = memo;
    const form = formOf(decoded, shape);
    if (form === undefined) return 'invalid';
    const rip = start + BigInt(offset);
    const next = BigInt.asUintN(shape.mode === 64 ? 64 : 32, rip + BigInt(decoded.length));
    writeRecord(this.#draft, this.#core, 0, { ...form, instruction: decoded, rip, next }, 0, 0);
    const number = templates.add(decoded, form, this.#draftWords);
    templates.setReady(number, modeNumber);
    const keyLength = keyLengthOf(decoded, form);
    if (keyLength > 0 && endsKey(decoded, code.bytes[offset + keyLength - 1] as number)) {
      tree.add(number, code.bytes, offset, keyLength);
    }
    return number;
  }

  #decode(code: FetchedCode, offset: number): Instruction | DecodeFailure {
    const { mode } = code.place;
    const decoded = decode(mode.shape.mode, code.bytes, offset);
    if (offset !== 0 || decoded.kind !== 'failure' || decoded.reason !== 'truncated') return decoded;
    this.#fetch.fetchBeyond(code);
    const whole = decode(mode.shape.mode, code.bytes);
    if (whole.kind === 'failure' && whole.reason === 'truncated') throw code.fault ?? generalProtection();
    return whole;
  }

  /** Handlers and counts of the block's records. A pair's second instruction keeps a handler of its own: a branch may go to it. */
  #writeHandlers(templates: RecordTemplates, at: number, count: number): WrittenBlock['assisted'] {
    this.#choose(templates, count);
    const view = this.#view;
    const assisted: { at: number; instruction: Instruction }[] = [];
    let isSecond = false;
    for (let position = 0; position < count; position++) {
      const number = this.#block[position] as number;
      const handler = this.#chosen[position] as number;
      const pairs = !isSecond && position + 1 < count && templates.leads(number);
      const pair: number = pairs ? this.#handlers.pairOf(handler, this.#chosen[position + 1] as number) : 0;
      isSecond = pair !== 0;
      const here = at + position * record.RECORD_BYTES;
      view.setInt32(here + record.HANDLER, isSecond ? pair : handler, true);
      view.setUint16(here + record.COUNT, position + 1, true);
      if (templates.assists(number)) assisted.push({ at: here, instruction: templates.instruction(number) });
    }
    return assisted;
  }

  /** The handler of each instruction by itself, by whether its flags are read. */
  #choose(templates: RecordTemplates, count: number): void {
    const chosen = this.#chosen;
    const missing: {
      readonly position: number;
      readonly number: number;
      readonly dead: boolean;
      readonly shape: Shape;
    }[] = [];
    let live = ALL_FLAGS;
    for (let position = count - 1; position >= 0; position--) {
      const number = this.#block[position] as number;
      const dead = templates.hasDeadFlags(number, live);
      const handler = templates.handler(number, dead);
      chosen[position] = handler;
      live = templates.liveBefore(number, live);
      if (handler !== 0) continue;
      const form = templates.form(number);
      missing.push({ position, number, dead, shape: dead ? form.flagsDead : form.shape });
    }
    if (missing.length === 0) return;
    this.#handlers.prepare(missing.map(({ shape }) => shape));
    for (const { position, number, dead, shape } of missing) {
      const handler = this.#handlers.indexOf(shape);
      chosen[position] = handler;
      templates.setHandler(number, dead, handler);
    }
  }

  /** The record behind a block that does not end with a jump. @returns whether it goes on, on another page */
  #writeEnding(at: number, count: number, ending: Exclude<Ending, 'jump'>, end: bigint, start: bigint): boolean {
    const view = this.#view;
    const goesOn = ending === 'cut';
    const handler = this.#handlers.special(goesOn ? 'goOn' : failures[ending]);
    writePlainRecord(view, at, handler, count + (goesOn ? 0 : 1), end, 0);
    view.setBigUint64(at + record.IMMEDIATE, end, true);
    const leaves = (end ^ start) >> 12n !== 0n;
    if (leaves) view.setInt32(at + record.TARGET, record.TARGET_IN_JUMPS, true);
    return goesOn && leaves;
  }
}

/** Whether nothing behind a key decides about it: none of the rows with its opcode looks at ModRM, if this one does not. */
function endsKey({ row }: Instruction, lastByte: number): boolean {
  return row.modRm !== undefined || opcodeOf(row.vex !== undefined, row.map, lastByte)?.hasModRm === false;
}
