/** The code of one WebAssembly function, written instruction by instruction: locals, labels, operators. */
import { ByteWriter } from './byte-writer.ts';
import { loads, type OperatorName, operators, stores, typeCodes, type ValueType } from './operators.ts';

/** An open block, to branch to. */
export type Label = number;

const compareExchanges = { 8: 0x4c, 16: 0x4d, 32: 0x4e, 64: 0x49 } as const;
const atomicAlignments = { 8: 0, 16: 1, 32: 2, 64: 3 } as const;

export class FunctionBody {
  readonly #code: ByteWriter;
  readonly #locals: ValueType[] = [];
  /** Those that are given out again and again, by type; and those of them that hold something now. */
  readonly #shared = new Map<ValueType, number[]>();
  #held: number[] = [];
  /** By local: held where it is the number of the present list of those that are. */
  readonly #holds: number[] = [];
  #list = 1;
  readonly #parameters: number;
  /** Calls by name, and where in the code the index belongs. */
  readonly #calls: { at: number; readonly name: string }[] = [];
  /** Where branches are that are seldom taken. */
  #unlikely: number[] = [];
  #depth = 0;

  /** `capacity`: bytes of code that there is room for before it grows. */
  constructor(parameters: number, capacity?: number) {
    this.#parameters = parameters;
    this.#code = new ByteWriter(capacity);
  }

  /** Adds a local, zero at the start, and returns its index. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.#parameters + this.#locals.length - 1;
  }

  /**
   * A local that is held from now on: its value is whatever somebody left there. Engines take time and memory for every local at every branch: a function of
   * thousands of instructions should have few.
   */
  temporary(type: ValueType): number {
    let locals = this.#shared.get(type);
    if (locals === undefined) this.#shared.set(type, (locals = []));
    let found = locals.find((local) => this.#holds[local] !== this.#list);
    if (found === undefined) locals.push((found = this.local(type)));
    this.#held.push(found);
    this.#holds[found] = this.#list;
    return found;
  }

  /** The temporary locals that hold something: the others are given out. May be set back to what it was elsewhere. */
  get held(): readonly number[] {
    return this.#held.slice();
  }

  set held(locals: readonly number[]) {
    this.#held = locals.slice();
    this.#list++;
    for (const local of locals) this.#holds[local] = this.#list;
  }

  get(local: number): void {
    this.#code.opcode(0x20, local);
  }

  set(local: number): void {
    this.#code.opcode(0x21, local);
  }

  tee(local: number): void {
    this.#code.opcode(0x22, local);
  }

  i32(value: number): void {
    this.#code.byte(0x41);
    this.#code.signed32(value);
  }

  i64(value: bigint): void {
    this.#code.byte(0x42);
    this.#code.signed64(value);
  }

  v128(value: bigint): void {
    this.#code.byte(0xfd);
    this.#code.byte(0x0c);
    for (let byte = 0n; byte < 16n; byte++) this.#code.byte(Number((value >> (8n * byte)) & 0xffn));
  }

  /** `immediate`: a lane, or the 16 bytes of a shuffle. */
  operator(name: OperatorName, immediate?: readonly number[]): void {
    const encoding = operators[name];
    if (encoding.length === 2) this.#code.byte(encoding[1]);
    else for (let index = 1; index < encoding.length; index++) this.#code.byte(encoding[index] as number);
    if (immediate !== undefined) this.#code.bytes(immediate);
  }

  /** Pops a condition and two values of one type; pushes the first where the condition is not 0. */
  select(): void {
    this.#code.byte(0x1b);
  }

  /** Pops an address; pushes 64 bits (zero-extended) or a vector. No alignment is promised. */
  load(bits: 8 | 16 | 32 | 64 | 128, offset = 0): void {
    this.#access(loads[bits], 0, offset);
  }

  /** Pops an address; pushes a vector whose lowest element is loaded, the rest 0. */
  loadWidened(bits: 32 | 64, offset = 0): void {
    this.#code.byte(0xfd);
    this.#code.byte(bits === 64 ? 0x5d : 0x5c);
    this.#code.byte(0);
    this.#code.unsigned(offset);
  }

  /** Pops a value of 64 bits or a vector, then an address. */
  store(bits: 8 | 16 | 32 | 64 | 128, offset = 0): void {
    this.#access(stores[bits], 0, offset);
  }

  #access(encoding: readonly number[], alignment: number, offset: number): void {
    if (encoding.length === 1) this.#code.byte(encoding[0] as number);
    else this.#code.bytes(encoding);
    this.#code.opcode(alignment, offset);
  }

  /** Pops an address, which must be aligned, what is expected there and a replacement, of 64 bits; pushes what was there. */
  compareExchange(bits: 8 | 16 | 32 | 64): void {
    this.#code.byte(0xfe);
    this.#code.byte(compareExchanges[bits]);
    this.#code.byte(atomicAlignments[bits]);
    this.#code.byte(0);
  }

  /** A sequentially consistent fence (threads proposal, `atomic.fence`). */
  fence(): void {
    this.#code.bytes([0xfe, 0x03, 0x00]);
  }

  /** Pops an address, which must be aligned; pushes 64 bits, zero-extended. Sequentially consistent. */
  atomicLoad(bits: 8 | 16 | 32 | 64, offset = 0): void {
    const code = { 8: 0x14, 16: 0x15, 32: 0x16, 64: 0x11 }[bits];
    this.#access([0xfe, code], atomicAlignments[bits], offset);
  }

  /** Pops a value of 64 bits, then an address, which must be aligned. Sequentially consistent. */
  atomicStore(bits: 8 | 16 | 32 | 64, offset = 0): void {
    const code = { 8: 0x1b, 16: 0x1c, 32: 0x1d, 64: 0x18 }[bits];
    this.#access([0xfe, code], atomicAlignments[bits], offset);
  }

  load32(offset = 0): void {
    this.#code.opcode(0x28, 2);
    this.#code.unsigned(offset);
  }

  store32(offset = 0): void {
    this.#code.opcode(0x36, 2);
    this.#code.unsigned(offset);
  }

  block(): Label {
    return this.#open(0x02);
  }

  loop(): Label {
    return this.#open(0x03);
  }

  /** Pops the condition. `unlikely`: the engine is told that it seldom holds, and keeps what follows out of the way. */
  if(unlikely = false): Label {
    if (unlikely) this.#unlikely.push(this.#code.length);
    return this.#open(0x04);
  }

  #open(code: number): Label {
    this.#code.byte(code);
    this.#code.byte(0x40);
    return ++this.#depth;
  }

  else(): void {
    this.#code.byte(0x05);
  }

  end(): void {
    this.#code.byte(0x0b);
    this.#depth--;
  }

  branch(label: Label): void {
    this.#code.opcode(0x0c, this.#depth - label);
  }

  /** Pops the condition. `unlikely`: as for `if`. */
  branchIf(label: Label, unlikely = false): void {
    if (unlikely) this.#unlikely.push(this.#code.length);
    this.#code.opcode(0x0d, this.#depth - label);
  }

  /** Pops an index into `labels`; past their end it takes the last one. */
  branchTable(labels: readonly Label[]): void {
    if (labels.length === 0) throw new Error('A branch table has a label');
    this.#code.byte(0x0e);
    this.#code.unsigned(labels.length - 1);
    for (const label of labels) this.#code.unsigned(this.#depth - label);
  }

  return(): void {
    this.#code.byte(0x0f);
  }

  call(functionIndex: number): void {
    this.#code.byte(0x10);
    this.#code.unsigned(functionIndex);
  }

  /** Calls what the module imports or defines under a name: see `encode`. */
  callNamed(name: string): void {
    this.#code.byte(0x10);
    this.#calls.push({ at: this.#code.length, name });
  }

  /** Puts code in front, which leaves nothing on the stack and no block open, and has no locals of its own. */
  prepend(front: FunctionBody): void {
    const added = front.#code.length;
    for (const call of this.#calls) call.at += added;
    this.#unlikely = [...front.#unlikely, ...this.#unlikely.map((at) => at + added)];
    this.#calls.unshift(...front.#calls);
    this.#code.prepend(front.#code);
  }

  /** Bytes of its code, but for calls by name, which have one byte each here. */
  get size(): number {
    return this.#code.length;
  }

  /** The functions that it calls by name. */
  get calls(): string[] {
    return this.#calls.map(({ name }) => name);
  }

  /** Equal for bodies that do the same in the same way. Meant for handlers: a character for each byte. */
  get fingerprint(): string {
    let calls = '';
    for (const { at, name } of this.#calls) calls += `${at} ${name},`;
    return `${characters(this.#code.written)}|${this.#locals.join()}|${calls}`;
  }

  callIndirect(typeIndex: number): void {
    this.#code.byte(0x11);
    this.#code.unsigned(typeIndex);
    this.#code.byte(0);
  }

  unreachable(): void {
    this.#code.byte(0x00);
  }

  /** The entry of the code section (core specification 5.5.13). `resolve` gives the index of a function that is called by name. */
  encode(resolve: (name: string) => number): Uint8Array<ArrayBuffer> {
    const entry = new ByteWriter(this.#code.length + 2 * this.#calls.length + 64);
    this.writeTo(entry, new ByteWriter(), resolve);
    return entry.written;
  }

  /**
   * The same, behind what a writer has. `scratch` is overwritten.
   * @returns the offsets of the branches that are seldom taken, from the declarations of the locals on
   */
  writeTo(module: ByteWriter, scratch: ByteWriter, resolve: (name: string) => number): number[] {
    scratch.clear();
    this.#writeLocals(scratch);
    const unlikely: number[] = [];
    let from = 0;
    let next = 0;
    const copyTo = (end: number): void => {
      for (let at = this.#unlikely[next]; at !== undefined && at < end; at = this.#unlikely[++next]) {
        unlikely.push(scratch.length + at - from);
      }
      scratch.copy(this.#code, from, end);
      from = end;
    };
    for (const { at, name } of this.#calls) {
      copyTo(at);
      scratch.unsigned(resolve(name));
    }
    copyTo(this.#code.length);
    scratch.byte(0x0b);
    module.unsigned(scratch.length);
    module.copy(scratch);
    return unlikely;
  }

  /** Locals of one type that follow each other are one entry. */
  #writeLocals(to: ByteWriter): void {
    const locals = this.#locals;
    let groups = 0;
    for (let index = 0; index < locals.length; index++) if (locals[index] !== locals[index - 1]) groups++;
    to.unsigned(groups);
    for (let first = 0, index = 1; index <= locals.length; index++) {
      if (locals[index] === locals[first]) continue;
      to.unsigned(index - first);
      to.byte(typeCodes[locals[first] as ValueType]);
      first = index;
    }
  }
}

/** How many arguments a call takes without doubt. */
const ARGUMENTS = 4096;

function characters(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += ARGUMENTS) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + ARGUMENTS) as unknown as number[]);
  }
  return text;
}
