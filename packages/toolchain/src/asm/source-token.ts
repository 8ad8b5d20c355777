/** Assembler text to tokens, line by line. */

export interface Token {
  readonly kind: 'number' | 'name' | 'string' | 'sign';
  readonly text: string;
  /** Of numbers, and of characters in quotes as a number, first character lowest. */
  readonly value: bigint;
}

const PATTERN =
  /\s*(?:(;.*)|(0x[0-9a-f][0-9a-f_]*|0b[01][01_]*|0o[0-7][0-7_]*|[0-9][0-9_]*)(?![\w.])|([a-z_.?@$][\w.?@$]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(<<|>>|[-+*/%&|^~()[\],:=]))/iy;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0' };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter);
}

function characterValue(text: string): bigint {
  return new TextEncoder().encode(text).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The tokens of a line without its comment; the text from which on it cannot be read in place of them, when it cannot. */
export function tokenize(line: string): Token[] | string {
  const tokens: Token[] = [];
  let at = 0;
  while (line.slice(at).trim() !== '') {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(line);
    if (match === null) return line.slice(at).trim();
    at = PATTERN.lastIndex;
    const [, comment, number, name, string, sign] = match;
    if (comment !== undefined) break;
    if (number !== undefined)
      tokens.push({ kind: 'number', text: number, value: BigInt(number.replaceAll('_', '').toLowerCase()) });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, value: 0n });
    else if (string !== undefined) {
      const text = unquote(string);
      tokens.push({ kind: 'string', text, value: characterValue(text) });
    } else tokens.push({ kind: 'sign', text: sign as string, value: 0n });
  }
  return tokens;
}
