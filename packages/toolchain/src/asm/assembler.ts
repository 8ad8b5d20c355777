/**
 * The typed assembler: a program is a sequence of calls, and gives an object for the linker.
 *
 * References go forwards as well as backwards; jumps to labels of the same section are short where they reach. References that can be
 * computed here are (relative ones inside a section, absolute ones into a section with a fixed address); the rest become relocations.
 */
import {
  choose,
  type CodeBuffer,
  emitForm,
  type Form,
  type Mode,
  type Operand,
  type PrefixedMnemonic,
  type SymbolReference,
  symbol,
} from '@drift-os/x86-core';
import type { FunctionRecord, ObjectModule, Relocation, Section, SectionName, SymbolDefinition } from '../object.ts';
import { AssemblerError } from './assembler-error.ts';
import { patch, type Resolution, type Resolver } from './patch.ts';
import { type Place, SectionBuilder } from './section-builder.ts';

/** Bytes from one label to another: a value of data, known when the program is finished. Both must be in the same section. */
export interface Distance {
  readonly kind: 'distance';
  readonly from: string;
  readonly to: string;
  readonly addend: number;
}

export type DataValue = number | bigint | SymbolReference | Distance;

interface Label {
  readonly name: string;
  readonly place: Place;
  readonly kind: SymbolDefinition['kind'];
}

export interface AssemblerOptions {
  /** Of the object. */
  readonly name: string;
  /** Code size to begin with; `mode` may be changed at any point. Default 64. */
  readonly mode?: Mode;
}

export interface SectionOptions {
  /** Fixed physical address in bytes: absolute references into the section are then computed here. */
  readonly address?: number;
}

export class Assembler {
  readonly name: string;
  /** Code size of what is emitted next. */
  mode: Mode;
  readonly #sections: SectionBuilder[] = [];
  readonly #labels = new Map<string, Label>();
  readonly #constants = new Map<string, number | Distance>();
  readonly #globals = new Set<string>();
  readonly #distances: { section: SectionBuilder; place: Place; bytes: number; value: Distance }[] = [];
  #current: SectionBuilder | undefined;
  #anonymous = 0;

  constructor(options: AssemblerOptions) {
    this.name = options.name;
    this.mode = options.mode ?? 64;
  }

  /** Goes on in the named section, behind what is there. Without any call that is `text`. */
  section(name: SectionName, options: SectionOptions = {}): this {
    let found = this.#sections.find((each) => each.name === name);
    if (found === undefined) {
      found = new SectionBuilder(name, this.#sections.length);
      this.#sections.push(found);
    }
    if (options.address !== undefined) found.address = options.address;
    this.#current = found;
    return this;
  }

  get #section(): SectionBuilder {
    if (this.#current === undefined) this.section('text');
    return this.#current as SectionBuilder;
  }

  /**
   * Appends an instruction: `emit('lock xadd', mem32(rbx), eax)`. A jump to a reference becomes short or near as it reaches;
   * `ref(name, 0, 8)` makes it short, `ref(name, 0, 32)` near.
   *
   * @throws EncodeError when the operands have no encoding in the current mode.
   */
  emit(mnemonic: PrefixedMnemonic, ...operands: Operand[]): this {
    const form = choose(this.mode, mnemonic, operands);
    const field = form.row.trailing[0];
    const target = operands[0];
    if (field?.type === 'relative' && field.bytes > 1 && isReference(target) && target.bits === undefined) {
      const short = this.#shortForm(mnemonic, target);
      if (short !== undefined) {
        this.#section.jump(short, form, target);
        return this;
      }
    }
    return this.emitForm(form, ...operands);
  }

  #shortForm(mnemonic: PrefixedMnemonic, target: SymbolReference): Form | undefined {
    if (!mnemonic.startsWith('j')) return undefined;
    return choose(this.mode, mnemonic, [{ ...target, bits: 8 }]);
  }

  /** Appends a prepared form (see `select` of x86-core); its mode counts, not the assembler's. */
  emitForm(form: Form, ...operands: Operand[]): this {
    emitForm(this.#section.content, form, operands[0], operands[1], operands[2], operands[3]);
    return this;
  }

  /** Defines `name` here. A `function` reaches to the next function of the section and gets a record for backtraces. */
  label(name: string, kind: SymbolDefinition['kind'] = 'label'): this {
    if (this.#labels.has(name) || this.#constants.has(name)) {
      throw new AssemblerError('DUPLICATE_LABEL', this.name, `"${name}" is defined twice`);
    }
    this.#labels.set(name, { name, place: this.#section.here(), kind });
    return this;
  }

  /** A label of its own at this place. */
  here(): SymbolReference {
    const name = `.${this.#anonymous++}`;
    this.label(name);
    return symbol(name);
  }

  /** A reference to a label or constant of this program, or to a symbol that the linker will find. `bits` forces the width of its field. */
  ref(name: string, addend = 0, bits?: SymbolReference['bits']): SymbolReference {
    return bits === undefined ? symbol(name, addend) : symbol(name, addend, bits);
  }

  /** Gives a number a name, for `ref`: it stands as an absolute value. */
  constant(name: string, value: number | Distance): this {
    if (this.#labels.has(name) || this.#constants.has(name)) {
      throw new AssemblerError('DUPLICATE_LABEL', this.name, `"${name}" is defined twice`);
    }
    this.#constants.set(name, value);
    return this;
  }

  /** Bytes from label `from` to label `to`, plus `addend`. */
  distance(from: string, to: string, addend = 0): Distance {
    return { kind: 'distance', from, to, addend };
  }

  /** Makes labels visible to other objects. */
  global(...names: string[]): this {
    for (const name of names) this.#globals.add(name);
    return this;
  }

  /** Pads to a multiple of `bytes` (a power of two), with NOP in text and zero elsewhere. */
  align(bytes: number, fill: number = this.#section.name === 'text' ? 0x90 : 0): this {
    if (bytes < 1 || (bytes & (bytes - 1)) !== 0) {
      throw new AssemblerError('BAD_ALIGNMENT', this.name, `alignment ${bytes} is not a power of two`);
    }
    this.#section.pad('align', bytes, fill);
    return this;
  }

  /** Pads to `offset` bytes from the start of the section. */
  org(offset: number, fill = 0): this {
    this.#section.pad('org', offset, fill);
    return this;
  }

  /** Appends bytes. */
  bytes(...values: (number | Uint8Array)[]): this {
    const { content } = this.#section;
    for (const value of values) {
      const some = typeof value === 'number' ? Uint8Array.of(value) : value;
      content.reserve(some.length);
      content.bytes.set(some, content.length);
      content.length += some.length;
    }
    return this;
  }

  /** Appends `count` bytes of zero. */
  zeros(count: number): this {
    return this.bytes(new Uint8Array(count));
  }

  /** Appends text as UTF-8, without a terminator. */
  ascii(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  u8(...values: (number | Distance)[]): this {
    return this.#data(1, values);
  }

  u16(...values: DataValue[]): this {
    return this.#data(2, values);
  }

  u32(...values: DataValue[]): this {
    return this.#data(4, values);
  }

  u64(...values: DataValue[]): this {
    return this.#data(8, values);
  }

  #data(bytes: 1 | 2 | 4 | 8, values: readonly DataValue[]): this {
    const section = this.#section;
    const { content } = section;
    for (const value of values) {
      content.reserve(8);
      if (typeof value === 'object') {
        if (value.kind === 'distance') this.#distances.push({ section, place: section.here(), bytes, value });
        else {
          const kind = bytes === 2 ? 'abs16' : bytes === 4 ? 'abs32' : 'abs64';
          content.fixups.push({ offset: content.length, kind, symbol: value.name, addend: value.addend });
        }
        content.write(0, bytes);
      } else content.write(value, bytes);
    }
    return this;
  }

  /**
   * Lays everything out and computes what can be computed.
   *
   * @throws AssemblerError
   */
  finish(): ObjectModule {
    for (const section of this.#sections) section.layout(this.name, (name) => this.#labels.get(name)?.place);
    for (const name of this.#globals) {
      if (!this.#labels.has(name)) this.#undefined(name, 'is global, but defined nowhere');
    }
    const built = this.#sections.map((section) => section.build());
    for (const { section, place, bytes, value } of this.#distances) {
      const out = built[section.index] as CodeBuffer;
      const end = out.length;
      out.length = section.offsetOf(place);
      out.write(this.#measure(value), bytes);
      out.length = end;
    }
    const relocations: Relocation[] = [];
    for (const section of this.#sections) {
      relocations.push(...patch(this.name, section, built[section.index] as CodeBuffer, this.#resolver));
    }
    return {
      name: this.name,
      sections: this.#sections.map((section, index) => sectionOf(section, built[index] as CodeBuffer)),
      symbols: this.#symbols(built),
      relocations,
      functions: this.#functions(built),
      files: [],
      lines: [],
      traps: [],
    };
  }

  readonly #resolver: Resolver = (name): Resolution | undefined => {
    const constant = this.#constants.get(name);
    if (constant !== undefined) {
      return { section: undefined, value: typeof constant === 'number' ? constant : this.#measure(constant) };
    }
    const place = this.#labels.get(name)?.place;
    return place === undefined ? undefined : { section: place.section, value: place.section.offsetOf(place) };
  };

  #measure(distance: Distance): number {
    const from =
      this.#labels.get(distance.from)?.place ?? this.#undefined(distance.from, 'is measured from, but defined nowhere');
    const to =
      this.#labels.get(distance.to)?.place ?? this.#undefined(distance.to, 'is measured to, but defined nowhere');
    if (from.section !== to.section) this.#undefined(distance.to, `is not in the section of "${distance.from}"`);
    return to.section.offsetOf(to) - from.section.offsetOf(from) + distance.addend;
  }

  #undefined(name: string, problem: string): never {
    throw new AssemblerError('UNDEFINED_LABEL', this.name, `"${name}" ${problem}`);
  }

  #symbols(built: readonly CodeBuffer[]): SymbolDefinition[] {
    return [...this.#labels.values()].map(({ name, place, kind }) => ({
      name,
      section: place.section.index,
      offset: place.section.offsetOf(place),
      size: kind === 'function' ? this.#sizeOf(place, built) : 0,
      kind,
      global: this.#globals.has(name),
    }));
  }

  #functions(built: readonly CodeBuffer[]): FunctionRecord[] {
    return [...this.#labels.values()]
      .filter((label) => label.kind === 'function')
      .map(({ name, place }) => ({
        section: place.section.index,
        offset: place.section.offsetOf(place),
        size: this.#sizeOf(place, built),
        name,
        frameBytes: undefined,
        savedRegisters: [],
        prologueBytes: 0,
      }));
  }

  /** Up to the next function of the section, or its end. */
  #sizeOf(place: Place, built: readonly CodeBuffer[]): number {
    const start = place.section.offsetOf(place);
    let end = (built[place.section.index] as CodeBuffer).length;
    for (const other of this.#labels.values()) {
      if (other.kind !== 'function' || other.place.section !== place.section) continue;
      const offset = place.section.offsetOf(other.place);
      if (offset > start) end = Math.min(end, offset);
    }
    return end - start;
  }
}

function isReference(operand: Operand | undefined): operand is SymbolReference {
  return typeof operand === 'object' && operand.kind === 'symbol';
}

function sectionOf(section: SectionBuilder, built: CodeBuffer): Section {
  const { name, alignment, address } = section;
  return { name, bytes: built.toBytes(), zeroBytes: 0, alignment, address };
}
