/**
 * What an interface declaration may say. Declarations are plain literals (`as const`), so that declaration files can be made from each
 * source file alone:
 *
 * ```ts
 * const messages = {
 *   pageRequest: { summary: 'Asks for pages.', fields: { count: ['u32', 'pages wanted'], cookie: 'u64' } },
 *   log: { summary: 'A line for the log.', fields: { level: 'u8', text: 'u8[]' } },
 * } as const;
 * export const control: Interface<typeof messages> = defineInterface('drift.control', 1, messages);
 * ```
 */

/** Integers, little-endian, at naturally aligned offsets. */
export type ScalarType = 'u8' | 'u16' | 'u32' | 'u64' | 'i32' | 'i64';

/** `u8[6]` is six bytes in place; `u8[]`, only as the last field, is the tail: all further bytes of the record. */
export type FieldType = ScalarType | `u8[${number}]` | 'u8[]';

/** A type, or a type with a line for whoever reads the generated code. */
export type FieldDeclaration = FieldType | readonly [type: FieldType, summary: string];

export type FieldDeclarations = Readonly<Record<string, FieldDeclaration>>;

export interface MessageDeclaration {
  /** One sentence; it goes into generated code, and not into the hash. */
  readonly summary: string;
  /** In the order in which they lie in memory. */
  readonly fields: FieldDeclarations;
}

/** Message ids are 1, 2, ... in the order of declaration: the hash covers them, so nothing else has to keep them stable. */
export type MessageDeclarations = Readonly<Record<string, MessageDeclaration>>;

/** The type inside a field declaration. */
export type TypeOfField<F extends FieldDeclaration> = F extends readonly [infer T, string] ? T : F;

/** What a view gives for a field: wide integers are bigints, arrays and tails are `Uint8Array`s onto the buffer itself. */
export type ValueOfField<F extends FieldDeclaration> =
  TypeOfField<F> extends 'u64' | 'i64' ? bigint : TypeOfField<F> extends ScalarType ? number : Uint8Array;

/** A declaration that makes no sense. The message names the field and says what is allowed. */
export class InterfaceError extends Error {
  readonly code = 'INTERFACE_INVALID';
  override readonly name = 'InterfaceError';
}
