/** The 64-bit identity of an interface: what both ends compare when a channel opens. */
import type { MessageLayout } from './message-layout.ts';

/**
 * FNV-1a over name, version, and each message's id, name, size and fields with types and offsets; summaries stay outside.
 * Whatever changes a byte on the wire, or its meaning as far as names tell it, changes the hash.
 */
export function interfaceHash(name: string, version: number, messages: readonly MessageLayout[]): bigint {
  return fnv1a64(canonicalText(name, version, messages));
}

/** The text that is hashed, one line per message: also what a mismatch is best explained with. */
export function canonicalText(name: string, version: number, messages: readonly MessageLayout[]): string {
  const lines = messages.map(({ id, name: message, bytes, fields }) => {
    const list = fields.map((field) => `${field.name}:${field.type}@${field.offset}`).join(',');
    return `${id} ${message}(${bytes}) ${list}\n`;
  });
  return `${name} ${version}\n${lines.join('')}`;
}

/** FNV-1a, 64 bit (draft-eastlake-fnv, 2), over UTF-8. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
