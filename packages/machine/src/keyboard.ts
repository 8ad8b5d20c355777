/** The keyboard as its user has it: keys by the names of the web's KeyboardEvent.code, and text on the layout of a US keyboard. */
import { MachineError } from './machine-error.ts';

/** Characters of keys without and with Shift, by the key's code. */
const letters: readonly (readonly [string, string, string])[] = [
  ...Array.from(
    'abcdefghijklmnopqrstuvwxyz',
    (letter) => [`Key${letter.toUpperCase()}`, letter, letter.toUpperCase()] as const,
  ),
  ...Array.from('1234567890', (digit, at) => [`Digit${digit}`, digit, '!@#$%^&*()'[at] as string] as const),
  ['Minus', '-', '_'],
  ['Equal', '=', '+'],
  ['BracketLeft', '[', '{'],
  ['BracketRight', ']', '}'],
  ['Semicolon', ';', ':'],
  ['Quote', "'", '"'],
  ['Backquote', '`', '~'],
  ['Backslash', '\\', '|'],
  ['Comma', ',', '<'],
  ['Period', '.', '>'],
  ['Slash', '/', '?'],
  ['Space', ' ', ' '],
  ['Enter', '\n', '\r'],
  ['Tab', '\t', '\t'],
  ['Backspace', '\b', '\b'],
];

export class Keyboard {
  readonly #key: (code: string, pressed: boolean) => boolean;

  /** `key` gives a key to the machine's keyboard; false for a code that it does not have. */
  constructor(key: (code: string, pressed: boolean) => boolean) {
    this.#key = key;
  }

  /** Presses or releases a key. @throws MachineError BAD_OPTION for a key that a PC does not have */
  key(code: string, pressed: boolean): void {
    if (!this.#key(code, pressed)) {
      throw new MachineError(
        'BAD_OPTION',
        `There is no key "${code}". Keys are named as in KeyboardEvent.code: KeyA, Enter, F1.`,
      );
    }
  }

  /** Presses keys together and releases them: `press('ControlLeft', 'AltLeft', 'Delete')`. */
  press(...codes: string[]): void {
    for (const code of codes) this.key(code, true);
    for (const code of codes.toReversed()) this.key(code, false);
  }

  /** Types text. @throws MachineError BAD_OPTION for a character that a US keyboard does not have; what stood before it has been typed */
  type(text: string): void {
    for (const character of text) {
      const found = letters.find(([, plain, shifted]) => plain === character || shifted === character);
      if (found === undefined) throw new MachineError('BAD_OPTION', `A US keyboard has no "${character}".`);
      const [code, plain] = found;
      if (plain === character || code === 'Enter') this.press(code);
      else this.press('ShiftLeft', code);
    }
  }
}
