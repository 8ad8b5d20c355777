/** Characters of a US keyboard by set 1 scan code: plain, with Shift, with Control. 0: the key is no character. */

const ESCAPE = 0x1b;
const BACKSPACE = 0x08;
const TAB = 0x09;
const ENTER = 0x0d;

/** First scan code of a run of keys, and what they are without and with Shift. */
const runs: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [0x02, '1234567890-=', '!@#$%^&*()_+'],
  [0x10, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [0x37, '*', '*'],
  [0x39, ' ', ' '],
  [0x4a, '-', '-'],
  [0x4e, '+', '+'],
  [0x56, '<', '>'],
];

const controls: readonly (readonly [code: number, character: number])[] = [
  [0x01, ESCAPE],
  [0x0e, BACKSPACE],
  [0x0f, TAB],
  [0x1c, ENTER],
];

function table(keys: number, column: 1 | 2): number[] {
  const characters = new Array<number>(keys).fill(0);
  for (const run of runs)
    for (const [i, character] of Array.from(run[column]).entries()) characters[run[0] + i] = character.charCodeAt(0);
  for (const [code, character] of controls) characters[code] = character;
  return characters;
}

export const plainKeys = (keys: number): number[] => table(keys, 1);

/** Shift and Tab is a key without a character, but for its scan code. */
export function shiftedKeys(keys: number): number[] {
  const characters = table(keys, 2);
  characters[0x0f] = 0;
  return characters;
}

/** Letters and `[ \ ]` with Control are 1 to 1Dh; Backspace is DEL, Enter a line feed. */
export function controlKeys(keys: number): number[] {
  const characters = table(keys, 2).map((character) => {
    const isLetter = character >= 0x41 && character <= 0x5a;
    return isLetter ? character & 0x1f : 0;
  });
  for (const [code, character] of [
    [0x01, ESCAPE],
    [0x0e, 0x7f],
    [0x1a, 0x1b],
    [0x1b, 0x1d],
    [0x1c, 0x0a],
    [0x2b, 0x1c],
    [0x39, 0x20],
  ] as const) {
    characters[code] = character;
  }
  return characters;
}
