/** Programs of the model: a few instructions on shared memory, with everything private as ordinary functions on registers. */

/** Private integers of one thread, by name. */
export type Registers = Record<string, number>;

export type Instruction =
  | { readonly kind: 'load'; readonly to: string; readonly location: (r: Registers) => number }
  | { readonly kind: 'store'; readonly location: (r: Registers) => number; readonly value: (r: Registers) => number }
  /** Goes on when the own store buffer is empty. */
  | { readonly kind: 'fence' }
  /** A locked instruction: a fence too. `to` gets what was there. */
  | {
      readonly kind: 'compareExchange';
      readonly to: string;
      readonly location: number;
      readonly expected: number;
      readonly value: number;
    }
  /** Goes on when somebody has notified this thread since it last slept. */
  | { readonly kind: 'sleep' }
  | { readonly kind: 'notify'; readonly thread: number }
  | { readonly kind: 'local'; readonly run: (r: Registers) => void }
  | { readonly kind: 'branch'; readonly when: (r: Registers) => boolean; readonly to: string }
  | { readonly kind: 'check'; readonly holds: (r: Registers) => boolean; readonly message: string }
  | { readonly kind: 'end' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly labels: ReadonlyMap<string, number>;
}

/** Writes a program down line by line. Labels are looked up when it runs, so that jumps forward need nothing special. */
export class ProgramText {
  private readonly instructions: Instruction[] = [];
  private readonly labels = new Map<string, number>();

  label(name: string): this {
    if (this.labels.has(name)) throw new Error(`The label ${name} is there twice.`);
    this.labels.set(name, this.instructions.length);
    return this;
  }

  load(to: string, location: number | ((r: Registers) => number)): this {
    return this.add({ kind: 'load', to, location: typeof location === 'number' ? () => location : location });
  }

  store(location: number | ((r: Registers) => number), value: number | ((r: Registers) => number)): this {
    return this.add({
      kind: 'store',
      location: typeof location === 'number' ? () => location : location,
      value: typeof value === 'number' ? () => value : value,
    });
  }

  fence(): this {
    return this.add({ kind: 'fence' });
  }

  compareExchange(to: string, location: number, expected: number, value: number): this {
    return this.add({ kind: 'compareExchange', to, location, expected, value });
  }

  sleep(): this {
    return this.add({ kind: 'sleep' });
  }

  notify(thread: number): this {
    return this.add({ kind: 'notify', thread });
  }

  local(run: (r: Registers) => void): this {
    return this.add({ kind: 'local', run });
  }

  branch(when: (r: Registers) => boolean, to: string): this {
    return this.add({ kind: 'branch', when, to });
  }

  jump(to: string): this {
    return this.branch(() => true, to);
  }

  check(holds: (r: Registers) => boolean, message: string): this {
    return this.add({ kind: 'check', holds, message });
  }

  end(): this {
    return this.add({ kind: 'end' });
  }

  finish(): Program {
    return { instructions: this.instructions, labels: this.labels };
  }

  private add(instruction: Instruction): this {
    this.instructions.push(instruction);
    return this;
  }
}
