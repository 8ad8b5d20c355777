/** The C header of an interface: constants, and a struct per message with its offsets asserted. */
import type { AnyInterface } from './define-interface.ts';
import { commentText, macroCase, snakeCase } from './generated-text.ts';
import type { FieldLayout, MessageLayout } from './message-layout.ts';

/**
 * C11 or C++11, needs only <stdint.h> and <stddef.h>. `drift.control` and `pageRequest` give `struct drift_control_page_request` and
 * `DRIFT_CONTROL_PAGE_REQUEST_ID`, `..._BYTES` (without a tail). A message without fields, or with nothing but a tail, has no struct.
 */
export function generateC(definition: AnyInterface): string {
  const prefix = macroCase(definition.name);
  const guard = `${prefix}_H`;
  const lines = [
    `/* Generated from the declaration of ${definition.name}, version ${definition.version}. */`,
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    `#define ${prefix}_VERSION ${definition.version}u`,
    `#define ${prefix}_HASH UINT64_C(0x${definition.hash.toString(16).padStart(16, '0')})`,
    '',
  ];
  for (const message of definition.list) lines.push(...messageText(definition.name, message), '');
  lines.push(`#endif /* ${guard} */`);
  return `${lines.join('\n')}\n`;
}

function messageText(interfaceName: string, message: MessageLayout): string[] {
  const macro = macroCase(interfaceName, message.name);
  const struct = `struct ${interfaceName.replaceAll('.', '_')}_${snakeCase(message.name)}`;
  const lines = [
    `/* ${commentText(message.summary)} */`,
    `#define ${macro}_ID ${message.id}u`,
    `#define ${macro}_BYTES ${message.bytes}u`,
  ];
  const fixed = message.fields.filter((field) => field !== message.tail);
  if (fixed.length === 0) return lines;
  const used = fixed.reduce((end, field) => Math.max(end, field.offset + field.bytes), 0);
  lines.push(`${struct} {`, ...fixed.map((field) => member(field)));
  // Without this, the C compiler would put the tail into the padding.
  if (message.tail !== undefined && message.bytes > used) lines.push(`  uint8_t padding_[${message.bytes - used}];`);
  if (message.tail !== undefined) lines.push(`  uint8_t ${snakeCase(message.tail.name)}[];`);
  lines.push('};', '#ifndef __cplusplus');
  lines.push(`_Static_assert(sizeof(${struct}) == ${macro}_BYTES, "size of ${message.name}");`);
  for (const field of message.fields) {
    const offset = `offsetof(${struct}, ${snakeCase(field.name)})`;
    lines.push(`_Static_assert(${offset} == ${field.offset}, "offset of ${message.name}.${field.name}");`);
  }
  lines.push('#endif');
  return lines;
}

function member({ name, type, bytes, summary }: FieldLayout): string {
  const comment = summary === '' ? '' : ` /* ${commentText(summary)} */`;
  const identifier = snakeCase(name);
  if (type.startsWith('u8[')) return `  uint8_t ${identifier}[${bytes}];${comment}`;
  const base = `${type.startsWith('u') ? 'uint' : 'int'}${type.slice(1)}_t`;
  return `  ${base} ${identifier};${comment}`;
}
