/** The sixteen interrupt requests of the ISA bus: each goes to the 8259s and to the I/O APIC, from any number of devices. */
import type { InterruptLine } from '@drift-os/devices';

const TIMER = 0;
/** The timer is wired to this input of the I/O APIC, as the interrupt source override in the MADT says. */
export const TIMER_PIN = 2;

export interface InterruptInputs {
  input(number: number): InterruptLine;
}

export class IsaInterrupts {
  readonly #sinks: readonly (readonly InterruptLine[])[];
  /** Which sources hold each request. */
  readonly #held: readonly Set<number>[] = Array.from({ length: 16 }, () => new Set<number>());
  #sources = 0;

  constructor(pics: InterruptInputs, ioApic: InterruptInputs) {
    this.#sinks = Array.from({ length: 16 }, (_, request) => [
      pics.input(request),
      ioApic.input(request === TIMER ? TIMER_PIN : request),
    ]);
  }

  /** A new line to a request, 0 to 15 without 2. The request is high while any of its lines is. */
  line(request: number): InterruptLine {
    const source = this.#sources++;
    const held = this.#held[request] as Set<number>;
    return {
      set: (level) => {
        if (level) held.add(source);
        else held.delete(source);
        for (const sink of this.#sinks[request] as InterruptLine[]) sink.set(held.size > 0);
      },
    };
  }
}
