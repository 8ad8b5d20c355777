/** The AssemblyScript text of an interface: an unmanaged class per message, laid over the record in the ring. */
import type { AnyInterface } from './define-interface.ts';
import { commentText, macroCase, pascalCase } from './generated-text.ts';
import type { FieldLayout, MessageLayout } from './message-layout.ts';

/**
 * A module with `NAME_HASH` and `NAME_VERSION` (NAME is the last word of the interface's name), and for each message a class:
 *
 * ```ts
 * const request = PageRequest.at(writer.reserve(PageRequest.BYTES));
 * request.count = 4;                     // fields are properties
 * writer.commit(PageRequest.BYTES, PageRequest.ID);
 * // reading: `PageRequest.accepts(reader.length)` first; u8[N] fields are addresses; so is a tail `text`,
 * // which has Log.textBytes(reader.length) bytes.
 * ```
 */
export function generateAssembly(definition: AnyInterface): string {
  const prefix = macroCase(definition.name.slice(definition.name.lastIndexOf('.') + 1));
  const lines = [
    `/** Generated from the declaration of ${definition.name}, version ${definition.version}. */`,
    '',
    `export const ${prefix}_VERSION: u32 = ${definition.version};`,
    `export const ${prefix}_HASH: u64 = 0x${definition.hash.toString(16).padStart(16, '0')};`,
  ];
  for (const message of definition.list) lines.push('', ...messageClass(message));
  return `${lines.join('\n')}\n`;
}

function messageClass(message: MessageLayout): string[] {
  const name = pascalCase(message.name);
  const lengthTest = message.tail === undefined ? `length == ${message.bytes}` : `length >= ${message.bytes}`;
  return [
    `/** ${commentText(message.summary)} */`,
    '@unmanaged',
    `export class ${name} {`,
    `  static readonly ID: u32 = ${message.id};`,
    message.tail === undefined
      ? `  static readonly BYTES: u32 = ${message.bytes};`
      : `  /** Without the tail \`${message.tail.name}\`. */\n  static readonly BYTES: u32 = ${message.bytes};`,
    '',
    `  @inline static at(address: usize): ${name} {`,
    `    return changetype<${name}>(address);`,
    '  }',
    '',
    '  /** Whether a record of `length` bytes can be this message. */',
    '  @inline static accepts(length: u32): bool {',
    `    return ${lengthTest};`,
    '  }',
    ...message.fields.flatMap((field) => ['', ...fieldAccessors(field)]),
    '}',
  ];
}

function fieldAccessors({ name, type, offset, bytes, summary }: FieldLayout): string[] {
  const comment = summary === '' ? [] : [`  /** ${commentText(summary)} */`];
  const place = `changetype<usize>(this)${offset === 0 ? '' : `, ${offset}`}`;
  if (type === 'u8[]') {
    return [
      ...comment,
      `  @inline get ${name}(): usize {`,
      `    return changetype<usize>(this) + ${offset};`,
      '  }',
      '',
      `  /** Bytes of \`${name}\` in a record of \`length\` bytes that was accepted. */`,
      `  @inline static ${name}Bytes(length: u32): u32 {`,
      `    return length - ${offset};`,
      '  }',
    ];
  }
  if (type.startsWith('u8[')) {
    return [
      ...comment,
      `  @inline get ${name}(): usize {`,
      `    return changetype<usize>(this) + ${offset};`,
      '  }',
      '',
      `  static readonly ${macroCase(name)}_BYTES: u32 = ${bytes};`,
    ];
  }
  return [
    ...comment,
    `  @inline get ${name}(): ${type} {`,
    `    return load<${type}>(${place});`,
    '  }',
    '',
    `  set ${name}(value: ${type}) {`,
    `    store<${type}>(${offset === 0 ? 'changetype<usize>(this), value' : `changetype<usize>(this), value, ${offset}`});`,
    '  }',
  ];
}
