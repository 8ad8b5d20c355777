/** The PC speaker: counter 2's square wave through the gate of port 61h, as changes of pitch for the host. */
export interface PcSpeakerEvents {
  /** A tone begins, changes, or with 0 ends: frequency in Hz. */
  speaker(hertz: number): void;
}

const SECOND_NS = 1_000_000_000;
/** Above this nobody hears anything: programs use it for silence, or to play samples by pulse width, which is not followed. */
const HIGHEST_HERTZ = 20_000;

export class PcSpeaker {
  readonly #events: PcSpeakerEvents;
  #periodNs = 0;
  #enabled = false;
  #hertz = 0;

  constructor(events: PcSpeakerEvents) {
    this.#events = events;
  }

  /** For the 8254's `tone`. */
  setPeriod(periodNs: number): void {
    this.#periodNs = periodNs;
    this.#update();
  }

  /** For port 61h's `speakerEnabled`. */
  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#update();
  }

  #update(): void {
    const hertz = this.#enabled && this.#periodNs > 0 ? SECOND_NS / this.#periodNs : 0;
    const audible = hertz <= HIGHEST_HERTZ ? hertz : 0;
    if (audible === this.#hertz) return;
    this.#hertz = audible;
    this.#events.speaker(audible);
  }
}
