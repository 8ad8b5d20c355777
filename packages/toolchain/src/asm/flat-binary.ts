/** An assembled program as nothing but its bytes, as boot sectors and ROMs are. */
import { linkFlat } from '../link/link-flat.ts';
import type { ObjectModule } from '../object.ts';

/**
 * Sections follow each other from the address that `org` gave the first of them, or 0.
 *
 * @throws LinkError where the program refers to what it does not define.
 */
export function flatBinary(object: ObjectModule): Uint8Array {
  const address = object.sections[0]?.address ?? 0;
  const sections = object.sections.map((section) => ({ ...section, address: undefined }));
  return linkFlat([{ ...object, sections }], address).bytes;
}
