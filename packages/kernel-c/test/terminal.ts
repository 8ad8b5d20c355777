const ESCAPE = '\x1b';

/** As much of a VT100 as the shell uses, so that tests see what a person would see. */
export class Terminal {
  readonly rows: string[][] = [[]];
  row = 0;
  column = 0;
  bells = 0;
  readonly width: number;

  constructor(width = 80) {
    this.width = width;
  }

  write(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    for (let at = 0; at < text.length; at++) {
      const escape = text[at] === ESCAPE ? /^\[(\d*)([A-Za-z])/.exec(text.slice(at + 1)) : null;
      if (escape !== null) {
        this.#escape(escape[1] ?? '', escape[2] ?? '');
        at += escape[0].length;
      } else this.#character(text[at] ?? '');
    }
  }

  /** The line that the cursor is in, without blanks at its end. */
  get line(): string {
    return this.#text(this.row);
  }

  /** All lines down to the cursor's. */
  get screen(): string {
    return this.rows.map((_, row) => this.#text(row)).join('\n');
  }

  #text(row: number): string {
    return (this.rows[row] ?? []).join('').trimEnd();
  }

  #escape(parameter: string, final: string): void {
    const cells = this.rows[this.row] ?? [];
    if (final === 'K' && parameter === '') cells.length = Math.min(cells.length, this.column);
    else if (final === 'J' && parameter === '2') this.rows.splice(0, this.rows.length, []);
    else if (final === 'H' && parameter === '') this.row = this.column = 0;
    else throw new Error(`the shell sent ESC [ ${parameter} ${final}, which not every terminal knows`);
  }

  #character(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') {
      this.row++;
      this.rows[this.row] ??= [];
    } else if (character === '\b') this.column = Math.max(0, this.column - 1);
    else if (character === '\x07') this.bells++;
    else {
      if (character < ' ') throw new Error(`the shell sent control character ${character.charCodeAt(0)}`);
      if (this.column === this.width) throw new Error('the shell wrote beyond the right margin');
      const cells = this.rows[this.row] ?? [];
      cells[this.column++] = character;
    }
  }
}
