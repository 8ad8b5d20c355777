/**
 * The code of one function while it grows: instructions through the encoder's prepared forms, labels, and jumps whose length is
 * settled at the end. Jumps are kept beside the bytes; `place` finds the shortest that reach and copies everything out.
 */
import {
  type CodeBuffer,
  choose,
  CodeBuffer as Buffer,
  emitForm,
  type Form,
  type Operand,
  select,
} from '@drift-os/x86-core';

/** A jump, or a gap up to an aligned address: what has no length of its own before everything is in place. */
interface Jump {
  /** Offset in the bytes in front of which it stands. */
  readonly at: number;
  /** Condition code, or -1 for always. */
  readonly condition: number;
  /** -1 for a gap. */
  readonly label: number;
  long: boolean;
}

/** Functions start at multiples of it, and loops that ask for it. */
const ALIGNMENT = 16;

/** A place in the code: an offset in the bytes, and how many jumps (and gaps) stand before it. */
export interface CodePoint {
  readonly offset: number;
  readonly jumps: number;
}

const CONDITION_NAMES = ['o', 'no', 'b', 'ae', 'e', 'ne', 'be', 'a', 's', 'ns', 'p', 'np', 'l', 'ge', 'le', 'g'];
type Mnemonic = Parameters<typeof choose>[1];
const shortJumps: readonly Form[] = CONDITION_NAMES.map((name) => select(64, `j${name}` as Mnemonic, 'rel8'));
const longJumps: readonly Form[] = CONDITION_NAMES.map((name) => select(64, `j${name}` as Mnemonic, 'rel32'));
const shortJump: Form = select(64, 'jmp', 'rel8');
const longJump: Form = select(64, 'jmp', 'rel32');

/** The recommended sequences of one to nine bytes (SDM 2B, NOP, table 4-12). */
const NOPS: readonly (readonly number[])[] = [
  [0x90],
  [0x66, 0x90],
  [0x0f, 0x1f, 0x00],
  [0x0f, 0x1f, 0x40, 0x00],
  [0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
  [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
  [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

function fillWithNops(out: CodeBuffer, bytes: number): void {
  out.reserve(bytes);
  for (let left = bytes; left > 0; ) {
    const nop = NOPS[Math.min(left, NOPS.length) - 1] as readonly number[];
    for (const byte of nop) out.write(byte, 1);
    left -= nop.length;
  }
}

export class FunctionCode {
  readonly bytes: CodeBuffer = new Buffer(1024);
  readonly #jumps: Jump[] = [];
  readonly #labels: (CodePoint | undefined)[] = [];

  /** Where the next instruction goes. */
  get here(): CodePoint {
    return { offset: this.bytes.length, jumps: this.#jumps.length };
  }

  emit(mnemonic: string, ...operands: Operand[]): void {
    const form = choose(64, mnemonic as Mnemonic, operands);
    emitForm(this.bytes, form, operands[0], operands[1], operands[2], operands[3]);
  }

  newLabel(): number {
    this.#labels.push(undefined);
    return this.#labels.length - 1;
  }

  bind(label: number): void {
    this.#labels[label] = this.here;
  }

  jump(label: number, condition = -1): void {
    this.#jumps.push({ at: this.bytes.length, condition, label, long: false });
  }

  /** Goes to a multiple of 16 bytes from the function's start. */
  align(): void {
    this.#jumps.push({ at: this.bytes.length, condition: -1, label: -1, long: false });
  }

  /** `start`: where it stands, from the function's start. */
  #sizeOf(jump: Jump, start: number): number {
    if (jump.label < 0) return -start & (ALIGNMENT - 1);
    return jump.long ? (jump.condition < 0 ? 5 : 6) : 2;
  }

  /** Settles the lengths of all jumps and gaps: grows jumps that do not reach until all do. Gives the bytes in front of each. */
  #settle(): Int32Array {
    const count = this.#jumps.length;
    const before = new Int32Array(count + 1);
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = 0; i < count; i++) {
        const jump = this.#jumps[i] as Jump;
        before[i + 1] = (before[i] as number) + this.#sizeOf(jump, jump.at + (before[i] as number));
      }
      this.#jumps.forEach((jump, i) => {
        if (jump.long || jump.label < 0) return;
        const distance = this.#target(jump, before) - (jump.at + (before[i + 1] as number));
        if (distance >= -128 && distance <= 127) return;
        jump.long = true;
        changed = true;
      });
    }
    return before;
  }

  #target(jump: Jump, before: Int32Array): number {
    const point = this.#labels[jump.label];
    if (point === undefined) throw new Error('jump to a label that is not bound');
    return point.offset + (before[point.jumps] as number);
  }

  /** Appends the finished code to `out`. The answer tells where points of this code are in `out`. */
  place(out: CodeBuffer): (point: CodePoint) => number {
    const before = this.#settle();
    const start = out.length;
    const { bytes, fixups } = this.bytes;
    let from = 0;
    const copy = (to: number): void => {
      out.reserve(to - from);
      out.bytes.set(bytes.subarray(from, to), out.length);
      out.length += to - from;
      from = to;
    };
    this.#jumps.forEach((jump, i) => {
      copy(jump.at);
      if (jump.label < 0) return fillWithNops(out, (before[i + 1] as number) - (before[i] as number));
      const distance = this.#target(jump, before) - (jump.at + (before[i + 1] as number));
      const short = jump.condition < 0 ? shortJump : (shortJumps[jump.condition] as Form);
      const long = jump.condition < 0 ? longJump : (longJumps[jump.condition] as Form);
      emitForm(out, jump.long ? long : short, distance);
    });
    copy(this.bytes.length);
    let passed = 0;
    for (const fixup of fixups) {
      while (passed < this.#jumps.length && (this.#jumps[passed] as Jump).at <= fixup.offset) passed++;
      out.fixups.push({ ...fixup, offset: start + fixup.offset + (before[passed] as number) });
    }
    return (point) => start + point.offset + (before[point.jumps] as number);
  }

  labelPoint(label: number): CodePoint {
    return this.#labels[label] as CodePoint;
  }
}
