/**
 * Records of instructions that were decoded before, but for what differs from one occurrence to the next: displacement, immediate, and what follows from
 * where the instruction stands. Those are copied from the bytes. A template is one line of 64 bytes, so that an occurrence costs no objects.
 *
 *   word  0      what it does with flags and to the block, and the mode in which it was available last
 *         1-13   the words of the record (record.ts)
 *        14      where displacement and immediate are, and how they are read
 *        15      handlers: where flags are read (16 bits), and where nobody reads those that it writes (16 bits); 0: not asked for yet
 */
import type { Instruction } from '../decode/instruction.ts';
import type { Form } from '../semantics/form.ts';
import { areDead, countsByImmediate, flagUseOf, liveBefore } from '../semantics/liveness.ts';
import { memoryOf } from '../semantics/operand-shape.ts';
import * as record from '../semantics/record.ts';

const WORDS = record.RECORD_BYTES / 4;
const PROPERTIES = 0;
const FIELDS = 14;
const HANDLERS = 15;
const FIRST = 256;

/** Word 0. Three sets of flags of 6 bits; see FlagUse. */
const WRITTEN = 0;
const ENDED = 6;
const READ = 12;
const FLAGS = 0x3f;
const LEADS = 1 << 18;
const ENDS = 1 << 19;
const ASSISTS = 1 << 20;
const MODE = 21;

/**
 * Word 14, a field in each half: where it begins in the instruction (4 bits), its bytes (4 bits; 0: there is none), whether it is signed, and whether it
 * counts from the end of the instruction; of an immediate how many bits stay, in bytes (4 bits).
 */
const BYTES = 4;
const SIGNED = 1 << 8;
const RELATIVE = 1 << 9;
const KEPT = 10;
const IMMEDIATE_FIELD = 16;

const TARGET = record.TARGET / 4;
const IMMEDIATE = record.IMMEDIATE / 4;
const DISPLACEMENT = record.DISPLACEMENT / 4;
const RIP = record.INSTRUCTION_RIP / 4;
const LENGTH_WORD = record.LENGTH >> 2;
const LENGTH_SHIFT = 8 * (record.LENGTH & 3);
const PAGE_MASK = ~0xfff;

export class RecordTemplates {
  #words = new Int32Array(FIRST * WORDS);
  readonly #instructions: Instruction[] = [];
  readonly #forms: Form[] = [];

  /** Keeps an instruction, whose record is in `words` where it was met. @returns its number */
  add(instruction: Instruction, form: Form, words: Int32Array): number {
    const number = this.#instructions.length;
    this.#instructions.push(instruction);
    this.#forms.push(form);
    if (number * WORDS === this.#words.length) {
      const wider = new Int32Array(2 * this.#words.length);
      wider.set(this.#words);
      this.#words = wider;
    }
    const at = number * WORDS;
    this.#words.set(words, at);
    const { written, ended, read } = flagUseOf({ instruction, mayLeave: form.mayLeave });
    this.#words[at + PROPERTIES] =
      (written << WRITTEN) |
      (ended << ENDED) |
      (read << READ) |
      (form.leads ? LEADS : 0) |
      (form.ends ? ENDS : 0) |
      (form.assists ? ASSISTS : 0);
    this.#words[at + FIELDS] = keyLengthOf(instruction, form) === 0 ? 0 : fieldsOf(instruction, form);
    this.#words[at + HANDLERS] = 0;
    return number;
  }

  get count(): number {
    return this.#instructions.length;
  }

  clear(): void {
    this.#words = new Int32Array(FIRST * WORDS);
    this.#instructions.length = 0;
    this.#forms.length = 0;
  }

  /** As it was met first: others with this number may have another displacement or immediate, but not where TypeScript carries them out. */
  instruction(number: number): Instruction {
    return this.#instructions[number] as Instruction;
  }

  form(number: number): Form {
    return this.#forms[number] as Form;
  }

  lengthOf(number: number): number {
    return ((this.#words[number * WORDS + LENGTH_WORD] as number) >>> LENGTH_SHIFT) & 0xff;
  }

  #properties(number: number): number {
    return this.#words[number * WORDS + PROPERTIES] as number;
  }

  /** The mode, by a number below 2048, in which it was said to be ready. */
  readyIn(number: number): number {
    return this.#properties(number) >>> MODE;
  }

  setReady(number: number, mode: number): void {
    this.#words[number * WORDS + PROPERTIES] = (this.#properties(number) & ((1 << MODE) - 1)) | (mode << MODE);
  }

  leads(number: number): boolean {
    return (this.#properties(number) & LEADS) !== 0;
  }

  ends(number: number): boolean {
    return (this.#properties(number) & ENDS) !== 0;
  }

  assists(number: number): boolean {
    return (this.#properties(number) & ASSISTS) !== 0;
  }

  /** Whether nobody reads the flags that it writes. @param live flags that are read behind it */
  hasDeadFlags(number: number, live: number): boolean {
    return areDead((this.#properties(number) >>> WRITTEN) & FLAGS, live);
  }

  /** Flags that are read behind what comes before it. */
  liveBefore(number: number, live: number): number {
    const properties = this.#properties(number);
    return liveBefore((properties >>> ENDED) & FLAGS, (properties >>> READ) & FLAGS, live);
  }

  /** Index of its handler, or 0. */
  handler(number: number, flagsDead: boolean): number {
    const both = this.#words[number * WORDS + HANDLERS] as number;
    return flagsDead ? both >>> 16 : both & 0xffff;
  }

  /** One that there is no room for is asked for again. */
  setHandler(number: number, flagsDead: boolean, index: number): void {
    if (index > 0xffff) return;
    const at = number * WORDS + HANDLERS;
    this.#words[at] = (this.#words[at] as number) | (flagsDead ? index << 16 : index);
  }

  /**
   * Writes the record of an occurrence, but for handler and count.
   * @param to index of the record's first word
   * @param low RIP of the instruction, the lower half as an i32
   * @returns whether it is a direct branch to another page
   */
  write(
    number: number,
    words: Int32Array,
    to: number,
    bytes: Uint8Array,
    offset: number,
    low: number,
    high: number,
  ): boolean {
    const templates = this.#words;
    const at = number * WORDS;
    for (let word = 1; word < FIELDS; word++) words[to + word] = templates[at + word] as number;
    words[to + RIP] = low;
    words[to + RIP + 1] = high;
    words[to + TARGET] = record.TARGET_IN_JUMPS;
    const fields = templates[at + FIELDS] as number;
    if (fields === 0) return false;
    const displacement = fields & 0xffff;
    const end = (low >>> 0) + this.lengthOf(number);
    if (displacement !== 0) copyField(displacement, words, to + DISPLACEMENT, bytes, offset, end, high);
    const immediate = fields >>> IMMEDIATE_FIELD;
    if (immediate === 0) return false;
    copyField(immediate, words, to + IMMEDIATE, bytes, offset, end, high);
    truncate(words, to + IMMEDIATE, immediate >>> KEPT);
    if ((immediate & RELATIVE) === 0) return false;
    const leaves = words[to + IMMEDIATE + 1] !== high || (((words[to + IMMEDIATE] as number) ^ low) & PAGE_MASK) !== 0;
    if (!leaves) words[to + TARGET] = 0;
    return leaves;
  }
}

/** @param end the lower half of RIP behind the instruction, which may be 2^32 and above */
function copyField(
  field: number,
  words: Int32Array,
  to: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
  high: number,
): void {
  const from = offset + (field & 15);
  const count = (field >>> BYTES) & 15;
  let low = bytes[from] as number;
  if (count === 1) low = (low << 24) >> 24;
  else {
    low |= (bytes[from + 1] as number) << 8;
    if (count === 2) low = (low << 16) >> 16;
    else low |= ((bytes[from + 2] as number) << 16) | ((bytes[from + 3] as number) << 24);
  }
  let above = low >> 31;
  if ((field & SIGNED) === 0) {
    if (count < 4) low &= (1 << (8 * count)) - 1;
    above = 0;
    if (count === 8) {
      above = (bytes[from + 4] as number) | ((bytes[from + 5] as number) << 8);
      above |= ((bytes[from + 6] as number) << 16) | ((bytes[from + 7] as number) << 24);
    }
  }
  if ((field & RELATIVE) !== 0) {
    const sum = end + low;
    above = high + (sum < 0 ? -1 : sum > 0xffff_ffff ? 1 : 0);
    low = sum | 0;
  }
  words[to] = low;
  words[to + 1] = above;
}

/** @param bytes that stay of 8 */
function truncate(words: Int32Array, at: number, bytes: number): void {
  if (bytes === 8) return;
  if (bytes > 4) words[at + 1] = (words[at + 1] as number) & ((1 << (8 * (bytes - 4))) - 1);
  else {
    words[at + 1] = 0;
    if (bytes < 4) words[at] = (words[at] as number) & ((1 << (8 * bytes)) - 1);
  }
}

/**
 * How many of its bytes decide about all that is not copied: prefixes, opcode, ModRM and SIB. The count of a shift is among them, because it says whether
 * flags are written. 0: it is not to be remembered, because it has several fields behind these, or keeps a register in one, or TypeScript carries it out
 * by its decoded operands.
 */
export function keyLengthOf(instruction: Instruction, { assists }: Form): number {
  const { row, length, displacementOffset, immediateOffset } = instruction;
  if (row.trailing.some(({ type }) => type === 'far' || type === 'is4') || row.trailing.length > 1) return 0;
  if (assists && (displacementOffset >= 0 || immediateOffset >= 0)) return 0;
  if (countsByImmediate(instruction)) return displacementOffset < 0 ? length : 0;
  return displacementOffset >= 0 ? displacementOffset : immediateOffset >= 0 ? immediateOffset : length;
}

function fieldsOf(instruction: Instruction, form: Form): number {
  return displacementOf(instruction) | (immediateOf(instruction, form) << IMMEDIATE_FIELD);
}

function displacementOf(instruction: Instruction): number {
  const { row, addressSize, displacementOffset, immediateOffset, length } = instruction;
  if (row.trailing[0]?.type === 'offset') return immediateOffset | ((addressSize / 8) << BYTES);
  if (displacementOffset < 0) return 0;
  const memory = memoryOf(instruction);
  const bytes = (immediateOffset < 0 ? length : immediateOffset) - displacementOffset;
  const isSigned = memory?.base !== undefined || memory?.index !== undefined || addressSize === 64;
  const isRelative = memory?.base === 'rip';
  return displacementOffset | (bytes << BYTES) | (isSigned ? SIGNED : 0) | (isRelative ? RELATIVE : 0);
}

function immediateOf(instruction: Instruction, { shape }: Form): number {
  const { row, immediateOffset, operandSize } = instruction;
  const field = row.trailing[0];
  if (field === undefined || field.type === 'offset' || countsByImmediate(instruction)) return 0;
  const isRelative = field.type === 'relative';
  const position = Math.max(row.roles.indexOf('I'), row.roles.indexOf('D'));
  const kept = Math.min(isRelative ? operandSize : (shape.operands[position]?.bits ?? 64), 64) / 8;
  const how = (field.signExtended ? SIGNED : 0) | (isRelative ? RELATIVE : 0);
  return immediateOffset | (field.bytes << BYTES) | how | (kept << KEPT);
}
