/** Source maps (ECMA-426) of WebAssembly modules: generated columns are byte offsets in the module, all on one line. */

export interface SourcePosition {
  /** Byte offset in the module. */
  readonly offset: number;
  /** Index into `files`. */
  readonly file: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface SourceMap {
  readonly files: readonly string[];
  /** Ascending by offset. */
  readonly positions: readonly SourcePosition[];
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values: Readonly<Record<string, number>> = Object.fromEntries(
  Array.from({ length: 64 }, (_, i) => [digits.charAt(i), i]),
);

/** @throws SyntaxError when the text is not a source map of version 3. */
export function parseSourceMap(text: string): SourceMap {
  const map = JSON.parse(text) as { version?: number; sources?: string[]; sourceRoot?: string; mappings?: string };
  if (map.version !== 3 || map.sources === undefined || map.mappings === undefined) {
    throw new SyntaxError('not a source map of version 3');
  }
  const positions: SourcePosition[] = [];
  let offset = 0;
  let file = 0;
  let line = 0;
  let column = 0;
  const { mappings } = map;
  for (let at = 0; at < mappings.length; ) {
    const fields: number[] = [];
    while (at < mappings.length && mappings[at] !== ',' && mappings[at] !== ';') {
      let value = 0;
      for (let shift = 0; ; shift += 5) {
        const digit = values[mappings[at++] as string];
        if (digit === undefined) throw new SyntaxError('source map with a bad base64 digit');
        value += (digit & 31) * 2 ** shift;
        if ((digit & 32) === 0) break;
      }
      fields.push(value % 2 === 1 ? -(value - 1) / 2 : value / 2);
    }
    if (fields.length > 0) offset += fields[0] as number;
    if (fields.length >= 4) {
      file += fields[1] as number;
      line += fields[2] as number;
      column += fields[3] as number;
      positions.push({ offset, file, line: line + 1, column: column + 1 });
    }
    at++;
  }
  positions.sort((a, b) => a.offset - b.offset);
  const root = map.sourceRoot ?? '';
  return {
    files: map.sources.map((source) => (root === '' ? source : `${root.replace(/\/$/, '')}/${source}`)),
    positions,
  };
}

/** The last position at or before `offset` that is not before `start`, the offset of the function's body. */
export function positionAt(map: SourceMap, offset: number, start: number): SourcePosition | undefined {
  let low = 0;
  let high = map.positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((map.positions[middle] as SourcePosition).offset <= offset) low = middle + 1;
    else high = middle;
  }
  const found = map.positions[low - 1];
  return found !== undefined && found.offset >= start ? found : undefined;
}
