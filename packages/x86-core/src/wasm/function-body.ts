/** The code of one WebAssembly function, written instruction by instruction: locals, labels, operators. */
import { signedLeb, typeCodes, unsignedLeb } from './encoding.ts';
import { loads, type OperatorName, operators, stores, type ValueType } from './operators.ts';

/** An open block, to branch to. */
export type Label = number;

/** A function as it stands in the code section. */
export interface EncodedBody {
  readonly code: readonly number[];
  /** Offsets of the branches that are seldom taken, from the declarations of the locals on. */
  readonly unlikely: readonly number[];
}

export class FunctionBody {
  readonly #bytes: number[] = [];
  readonly #locals: ValueType[] = [];
  readonly #parameters: number;
  /** Calls by name, and where in the code the index belongs. */
  readonly #calls: { at: number; readonly name: string }[] = [];
  /** Where branches are that are seldom taken. */
  #unlikely: number[] = [];
  #depth = 0;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** Adds a local, zero at the start, and returns its index. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.#parameters + this.#locals.length - 1;
  }

  get(local: number): void {
    this.#bytes.push(0x20, ...unsignedLeb(local));
  }

  set(local: number): void {
    this.#bytes.push(0x21, ...unsignedLeb(local));
  }

  tee(local: number): void {
    this.#bytes.push(0x22, ...unsignedLeb(local));
  }

  i32(value: number): void {
    this.#bytes.push(0x41, ...signedLeb(value | 0));
  }

  i64(value: bigint): void {
    this.#bytes.push(0x42, ...signedLeb(BigInt.asIntN(64, value)));
  }

  v128(value: bigint): void {
    this.#bytes.push(0xfd, 0x0c);
    for (let byte = 0n; byte < 16n; byte++) this.#bytes.push(Number((value >> (8n * byte)) & 0xffn));
  }

  /** `immediate`: a lane, or the 16 bytes of a shuffle. */
  operator(name: OperatorName, immediate: readonly number[] = []): void {
    const [, ...code] = operators[name];
    this.#bytes.push(...code, ...immediate);
  }

  /** Pops a condition and two values of one type; pushes the first where the condition is not 0. */
  select(): void {
    this.#bytes.push(0x1b);
  }

  /** Pops an address; pushes 64 bits (zero-extended) or a vector. No alignment is promised. */
  load(bits: 8 | 16 | 32 | 64 | 128, offset = 0): void {
    this.#bytes.push(...loads[bits], 0, ...unsignedLeb(offset));
  }

  /** Pops an address; pushes a vector whose lowest element is loaded, the rest 0. */
  loadWidened(bits: 32 | 64, offset = 0): void {
    this.#bytes.push(0xfd, bits === 64 ? 0x5d : 0x5c, 0, ...unsignedLeb(offset));
  }

  /** Pops a value of 64 bits or a vector, then an address. */
  store(bits: 8 | 16 | 32 | 64 | 128, offset = 0): void {
    this.#bytes.push(...stores[bits], 0, ...unsignedLeb(offset));
  }

  /** Pops an address, which must be aligned, what is expected there and a replacement, of 64 bits; pushes what was there. */
  compareExchange(bits: 8 | 16 | 32 | 64): void {
    const code = { 8: 0x4c, 16: 0x4d, 32: 0x4e, 64: 0x49 }[bits];
    this.#bytes.push(0xfe, code, Math.log2(bits / 8), 0);
  }

  load32(offset = 0): void {
    this.#bytes.push(0x28, 2, ...unsignedLeb(offset));
  }

  store32(offset = 0): void {
    this.#bytes.push(0x36, 2, ...unsignedLeb(offset));
  }

  block(): Label {
    return this.#open(0x02);
  }

  loop(): Label {
    return this.#open(0x03);
  }

  /** Pops the condition. `unlikely`: the engine is told that it seldom holds, and keeps what follows out of the way. */
  if(unlikely = false): Label {
    if (unlikely) this.#unlikely.push(this.#bytes.length);
    return this.#open(0x04);
  }

  #open(code: number): Label {
    this.#bytes.push(code, 0x40);
    return ++this.#depth;
  }

  else(): void {
    this.#bytes.push(0x05);
  }

  end(): void {
    this.#bytes.push(0x0b);
    this.#depth--;
  }

  branch(label: Label): void {
    this.#bytes.push(0x0c, ...unsignedLeb(this.#depth - label));
  }

  branchIf(label: Label): void {
    this.#bytes.push(0x0d, ...unsignedLeb(this.#depth - label));
  }

  /** Pops an index into `labels`; past their end it takes the last one. */
  branchTable(labels: readonly Label[]): void {
    const depths = labels.map((label) => unsignedLeb(this.#depth - label));
    const last = depths[depths.length - 1];
    if (last === undefined) throw new Error('A branch table has a label');
    this.#bytes.push(0x0e, ...unsignedLeb(depths.length - 1), ...depths.slice(0, -1).flat(), ...last);
  }

  return(): void {
    this.#bytes.push(0x0f);
  }

  call(functionIndex: number): void {
    this.#bytes.push(0x10, ...unsignedLeb(functionIndex));
  }

  /** Calls what the module imports or defines under a name: see `encode`. */
  callNamed(name: string): void {
    this.#bytes.push(0x10);
    this.#calls.push({ at: this.#bytes.length, name });
  }

  /** Puts code in front, which leaves nothing on the stack and no block open, and has no locals of its own. */
  prepend(code: FunctionBody): void {
    for (const call of this.#calls) call.at += code.#bytes.length;
    this.#unlikely = [...code.#unlikely, ...this.#unlikely.map((at) => at + code.#bytes.length)];
    this.#calls.unshift(...code.#calls);
    this.#bytes.unshift(...code.#bytes);
  }

  /** The functions that it calls by name. */
  get calls(): string[] {
    return this.#calls.map(({ name }) => name);
  }

  /** Equal for bodies that do the same in the same way. */
  get fingerprint(): string {
    const calls = this.#calls.map(({ at, name }) => `${at} ${name}`);
    return `${String.fromCharCode(...this.#bytes)}|${this.#locals.join()}|${calls.join()}`;
  }

  callIndirect(typeIndex: number): void {
    this.#bytes.push(0x11, ...unsignedLeb(typeIndex), 0);
  }

  unreachable(): void {
    this.#bytes.push(0x00);
  }

  /** The entry of the code section (core specification 5.5.13). `resolve` gives the index of a function that is called by name. */
  encode(resolve: (name: string) => number): EncodedBody {
    const locals = this.#locals.map((type) => [1, typeCodes[type]]);
    const code = [...unsignedLeb(locals.length), ...locals.flat()];
    const unlikely: number[] = [];
    let from = 0;
    let next = 0;
    const copyTo = (end: number): void => {
      for (; next < this.#unlikely.length && (this.#unlikely[next] as number) < end; next++) {
        unlikely.push(code.length + (this.#unlikely[next] as number) - from);
      }
      for (let index = from; index < end; index++) code.push(this.#bytes[index] as number);
      from = end;
    };
    for (const { at, name } of this.#calls) {
      copyTo(at);
      code.push(...unsignedLeb(resolve(name)));
    }
    copyTo(this.#bytes.length);
    code.push(0x0b);
    return { code: [...unsignedLeb(code.length), ...code], unlikely };
  }
}
