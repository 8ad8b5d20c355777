/** Where the fields of a message lie: natural alignment, declaration order, as a C compiler would place them. */
import { type FieldDeclaration, type FieldType, InterfaceError, type MessageDeclaration } from './declaration.ts';

export interface FieldLayout {
  readonly name: string;
  readonly type: FieldType;
  /** Bytes from the start of the message. */
  readonly offset: number;
  /** 0 for the tail, whose length is that of the record. */
  readonly bytes: number;
  readonly summary: string;
}

export interface MessageLayout {
  readonly name: string;
  readonly id: number;
  readonly summary: string;
  readonly fields: readonly FieldLayout[];
  /** Bytes of the fixed part, a multiple of its largest alignment; a tail begins here. */
  readonly bytes: number;
  readonly alignment: number;
  readonly tail: FieldLayout | undefined;
}

/** Every word that one of the three languages, or a view, keeps for itself. */
const reservedNames: ReadonlySet<string> = new Set(
  `abstract as async at auto await bool boolean break case catch char class const constructor continue debugger default delete do double else
  enum export extends extern false finally float for from function get goto if implements import in inline instanceof int interface
  is keyof let long namespace new null of package private protected public readonly register restrict return set short signed sizeof
  static string struct super switch this throw true try type typedef typeof union unsigned usize isize var void volatile while with
  yield u8 u16 u32 u64 i8 i16 i32 i64 f32 f64`.split(/\s+/),
);

export function layOutMessage(name: string, id: number, declaration: MessageDeclaration): MessageLayout {
  checkName(name, 'message');
  const fields: FieldLayout[] = [];
  let end = 0;
  let largest = 1;
  let tail: FieldLayout | undefined;
  for (const [fieldName, field] of Object.entries(declaration.fields)) {
    checkName(fieldName, `field of ${name}`);
    if (tail !== undefined)
      throw new InterfaceError(`${name}.${tail.name} is a tail (u8[]): it has to be the last field.`);
    const { type, summary } = withSummary(field);
    const { bytes, alignment } = sizeOf(type, `${name}.${fieldName}`);
    largest = Math.max(largest, alignment);
    const offset = alignUp(end, type === 'u8[]' ? largest : alignment);
    const layout: FieldLayout = { name: fieldName, type, offset, bytes, summary };
    fields.push(layout);
    end = offset + bytes;
    if (type === 'u8[]') tail = layout;
  }
  return {
    name,
    id,
    summary: declaration.summary,
    fields,
    bytes: alignUp(end, largest),
    alignment: largest,
    tail,
  };
}

export function checkName(name: string, what: string): void {
  if (!/^[a-z][A-Za-z0-9]*$/.test(name) || reservedNames.has(name)) {
    throw new InterfaceError(
      `"${name}" cannot be the name of a ${what}: it takes camelCase letters and digits, and no word of TypeScript or C.`,
    );
  }
}

function withSummary(field: FieldDeclaration): { type: FieldType; summary: string } {
  return typeof field === 'string' ? { type: field, summary: '' } : { type: field[0], summary: field[1] };
}

function sizeOf(type: FieldType, where: string): { bytes: number; alignment: number } {
  switch (type) {
    case 'u8':
      return { bytes: 1, alignment: 1 };
    case 'u16':
      return { bytes: 2, alignment: 2 };
    case 'u32':
    case 'i32':
      return { bytes: 4, alignment: 4 };
    case 'u64':
    case 'i64':
      return { bytes: 8, alignment: 8 };
    case 'u8[]':
      return { bytes: 0, alignment: 1 };
  }
  const bytes = Number(/^u8\[([1-9]\d{0,5})\]$/.exec(type)?.[1]);
  if (Number.isNaN(bytes)) {
    throw new InterfaceError(`${where} has type "${type}": use u8, u16, u32, u64, i32, i64, u8[N] or u8[].`);
  }
  return { bytes, alignment: 1 };
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
