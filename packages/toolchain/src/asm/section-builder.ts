/**
 * One section while it is written: bytes of known length, and between them the points whose length is known only when all labels are:
 * jumps that may be short, alignment, `org`.
 *
 * Layout starts with every jump short and lengthens those that do not reach until none is left; a jump never gets shorter again, so it
 * ends, and the result is the smallest that this order finds.
 */
import { CodeBuffer, emitForm, type Fixup, type Form, type SymbolReference } from '@drift-os/x86-core';
import type { SectionName } from '../object.ts';
import { AssemblerError } from './assembler-error.ts';

interface JumpPoint {
  readonly type: 'jump';
  readonly short: Form;
  readonly near: Form;
  readonly target: SymbolReference;
  isNear: boolean;
}

interface PadPoint {
  readonly type: 'align' | 'org';
  /** Alignment, or offset from the start of the section. */
  readonly value: number;
  readonly fill: number;
}

type Point = (JumpPoint | PadPoint) & {
  /** Where in `content` it stands. */
  readonly at: number;
  /** Bytes it takes, after layout. */
  bytes: number;
};

/** A place in a section: in the bytes, behind that many points. */
export interface Place {
  readonly section: SectionBuilder;
  readonly at: number;
  readonly point: number;
}

export class SectionBuilder {
  readonly name: SectionName;
  readonly index: number;
  readonly content: CodeBuffer = new CodeBuffer();
  address: number | undefined;
  alignment = 1;
  readonly #points: Point[] = [];
  /** Bytes of all points before each one, and of all at the end; after layout. */
  #shifts: number[] = [0];

  constructor(name: SectionName, index: number) {
    this.name = name;
    this.index = index;
  }

  here(): Place {
    return { section: this, at: this.content.length, point: this.#points.length };
  }

  jump(short: Form, near: Form, target: SymbolReference): void {
    this.#points.push({ type: 'jump', short, near, target, isNear: false, at: this.content.length, bytes: 0 });
  }

  pad(type: PadPoint['type'], value: number, fill: number): void {
    if (type === 'align') this.alignment = Math.max(this.alignment, value);
    this.#points.push({ type, value, fill, at: this.content.length, bytes: 0 });
  }

  /** Fixes the length of every point. @throws AssemblerError ORG_BEHIND */
  layout(program: string, find: (name: string) => Place | undefined): void {
    for (let changed = true; changed; ) {
      this.#measure(program);
      changed = false;
      for (const [index, point] of this.#points.entries()) {
        if (point.type !== 'jump' || point.isNear || this.#reaches(point, index, find)) continue;
        point.isNear = true;
        changed = true;
      }
    }
  }

  #reaches(point: Point & JumpPoint, index: number, find: (name: string) => Place | undefined): boolean {
    const target = find(point.target.name);
    if (target === undefined || target.section !== this) return false;
    const end = point.at + (this.#shifts[index + 1] as number);
    const distance = this.offsetOf(target) + point.target.addend - end;
    return distance >= -128 && distance <= 127;
  }

  #measure(program: string): void {
    const shifts = [0];
    let shift = 0;
    for (const point of this.#points) {
      const offset = point.at + shift;
      if (point.type === 'jump') point.bytes = lengthOf(point.isNear ? point.near : point.short);
      else if (point.type === 'align') point.bytes = (point.value - (offset % point.value)) % point.value;
      else if (point.value >= offset) point.bytes = point.value - offset;
      else {
        const problem = `org to offset ${point.value} of ${this.name}, which is at ${offset} already`;
        throw new AssemblerError('ORG_BEHIND', program, problem);
      }
      shift += point.bytes;
      shifts.push(shift);
    }
    this.#shifts = shifts;
  }

  /** Offset of a place from the start of the section; after layout. */
  offsetOf(place: Place): number {
    return place.at + (this.#shifts[place.point] as number);
  }

  /** The finished bytes, with all fixups at their final offsets; after layout. */
  build(): CodeBuffer {
    const out = new CodeBuffer(this.content.length + (this.#shifts.at(-1) as number) + 64);
    const fixups = this.content.fixups.toSorted((a, b) => a.offset - b.offset);
    let copied = 0;
    let fixup = 0;
    const copyTo = (end: number): void => {
      for (; fixup < fixups.length && (fixups[fixup] as Fixup).offset < end; fixup++) {
        const each = fixups[fixup] as Fixup;
        out.fixups.push({ ...each, offset: each.offset - copied + out.length });
      }
      out.reserve(end - copied);
      out.bytes.set(this.content.bytes.subarray(copied, end), out.length);
      out.length += end - copied;
      copied = end;
    };
    for (const point of this.#points) {
      copyTo(point.at);
      if (point.type === 'jump') emitForm(out, point.isNear ? point.near : point.short, point.target);
      else {
        out.reserve(point.bytes);
        out.bytes.fill(point.fill, out.length, out.length + point.bytes);
        out.length += point.bytes;
      }
    }
    copyTo(this.content.length);
    return out;
  }
}

const lengths = new WeakMap<Form, number>();

/** Length in bytes of a jump; the same for every target. */
function lengthOf(form: Form): number {
  let length = lengths.get(form);
  if (length === undefined) {
    const out = new CodeBuffer(64);
    emitForm(out, form, 0);
    length = out.length;
    lengths.set(form, length);
  }
  return length;
}
