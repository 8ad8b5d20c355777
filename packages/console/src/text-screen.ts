/** VGA text memory as lines of text. */

/** 80 x 25 cells of two bytes, character and attribute, at this physical address (IBM VGA, text mode 3). */
export const TEXT_MEMORY = 0xb8000;
export const COLUMNS = 80;
export const ROWS = 25;
export const TEXT_BYTES: number = COLUMNS * ROWS * 2;

/** Code page 437, 0x00 to 0x1f and 0x7f to 0xff: what the VGA's font shows for the bytes that are not ASCII. */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const HIGH =
  '⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

function character(code: number): string {
  if (code < 0x20) return LOW[code] ?? ' ';
  return code < 0x7f ? String.fromCharCode(code) : (HIGH[code - 0x7f] ?? ' ');
}

/** Lines of cells, two bytes each, without trailing blanks, joined by newlines; empty lines at the end are left out. */
export function screenFromTextMemory(cells: Uint8Array, columns: number = COLUMNS, rows: number = ROWS): string {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    let line = '';
    for (let column = 0; column < columns; column++) line += character(cells[(row * columns + column) * 2] ?? 0);
    lines.push(line.trimEnd());
  }
  return lines.join('\n').trimEnd();
}
