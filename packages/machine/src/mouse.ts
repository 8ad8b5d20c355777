/** The mouse as its user has it: motion, buttons and wheel of a PS/2 mouse. */
import type { MouseMotion } from '@drift-os/devices';
import { MachineError } from './machine-error.ts';

export type MouseButton = 'left' | 'right' | 'middle';

/** Bits of MouseMotion's `buttons`. */
const BITS: Readonly<Record<MouseButton, number>> = { left: 1, right: 2, middle: 4 };

export class Mouse {
  readonly #motion: (motion: MouseMotion) => void;
  #buttons = 0;

  /** `motion` gives what happened to the machine's mouse. */
  constructor(motion: (motion: MouseMotion) => void) {
    this.#motion = motion;
  }

  /**
   * Moves it by whole counts, right and down being positive as on a screen (MouseEvent.movementX and movementY). What the guest has not
   * fetched adds up. @throws MachineError BAD_OPTION for what is no whole number
   */
  move(right: number, down: number): void {
    // A PS/2 mouse counts upwards.
    this.#motion({ dx: whole(right), dy: -whole(down) });
  }

  /** Presses or releases a button. @throws MachineError BAD_OPTION for a button that a PS/2 mouse does not have */
  button(button: MouseButton, pressed: boolean): void {
    const bit = BITS[button] as number | undefined;
    if (bit === undefined) {
      throw new MachineError('BAD_OPTION', `There is no button "${button}". Buttons are left, right and middle.`);
    }
    this.#buttons = pressed ? this.#buttons | bit : this.#buttons & ~bit;
    this.#motion({ buttons: this.#buttons });
  }

  /** Presses and releases a button. */
  click(button: MouseButton = 'left'): void {
    this.button(button, true);
    this.button(button, false);
  }

  /**
   * Turns the wheel by so many notches, towards the user being positive as in WheelEvent.deltaY. Only a guest that has asked for a wheel is told.
   * @throws MachineError BAD_OPTION for what is no whole number
   */
  wheel(notches: number): void {
    this.#motion({ dz: whole(notches) });
  }
}

function whole(counts: number): number {
  if (Number.isSafeInteger(counts)) return counts;
  throw new MachineError('BAD_OPTION', `A mouse moves by whole counts; ${counts} is none.`);
}
