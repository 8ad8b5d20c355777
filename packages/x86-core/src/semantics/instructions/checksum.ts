/** CRC32 with the Castagnoli polynomial: SDM 2 CRC32. */
import type { MeaningBuilder } from '../meaning-builder.ts';
import { constant } from '../value.ts';
import type { Definition } from './definition.ts';

function crc32(m: MeaningBuilder): void {
  const data = m.read(1);
  const crc = m.read(0);
  m.write(0, m.let(m.call('crc32c', crc, data, constant(m.bits(1) / 8))));
}

export const checksumDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([['crc32', crc32]]);
