/** Gives every section an address: fixed ones keep theirs, the others follow each other, one page-aligned segment per protection. */
import { SEGMENT_EXECUTABLE, SEGMENT_WRITABLE } from '@drift-os/abi/layout/image-directory';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import type { ObjectModule, Section } from '../object.ts';
import { LinkError } from './link-error.ts';
import type { PlacedObject } from './linked-image.ts';

export type Protection = 'text' | 'rodata' | 'data';

/** A section in a segment; `object` and `section` are indices. */
export interface Member {
  readonly object: number;
  readonly section: number;
  readonly address: number;
}

export interface SegmentPlan {
  readonly name: string;
  readonly flags: number;
  readonly address: number;
  readonly members: readonly Member[];
  /** One past the last byte, zero-filled ones included. */
  readonly end: number;
}

export interface Placement {
  readonly objects: readonly PlacedObject[];
  /** Ascending by address. The segment `rodata` is the last, so that it can grow. */
  readonly segments: readonly SegmentPlan[];
}

const FLAGS: Readonly<Record<Protection, number>> = { text: SEGMENT_EXECUTABLE, rodata: 0, data: SEGMENT_WRITABLE };

/**
 * @param base first address given out; fixed sections above it move it up.
 * @param protection of a section (globals may be templates, then they are read-only).
 * @throws LinkError SECTION_OVERLAP
 */
export function placeSections(
  objects: readonly ObjectModule[],
  base: number,
  protection: (object: ObjectModule, section: Section) => Protection,
): Placement {
  const addresses = objects.map((object) => object.sections.map((section) => section.address ?? 0));
  const segments: SegmentPlan[] = [];
  const floating: Record<Protection, Omit<Member, 'address'>[]> = { data: [], text: [], rodata: [] };
  for (const [o, object] of objects.entries()) {
    for (const [s, section] of object.sections.entries()) {
      if (sizeOf(section) === 0) continue;
      const kind = protection(object, section);
      const address = section.address;
      if (address === undefined) floating[kind].push({ object: o, section: s });
      else {
        const name = `${object.name} ${section.name}`;
        const members = [{ object: o, section: s, address }];
        segments.push({ name, flags: FLAGS[kind], address, members, end: address + sizeOf(section) });
      }
    }
  }
  segments.sort((a, b) => a.address - b.address);
  checkOverlap(segments);

  let next = Math.max(base, ...segments.map((segment) => segment.end));
  for (const kind of ['data', 'text', 'rodata'] as const) {
    const start = roundUp(next, PAGE_BYTES);
    next = start;
    const members: Member[] = [];
    for (const { object, section } of inFileOrder(floating[kind], objects)) {
      const source = sectionAt(objects, object, section);
      const address = roundUp(next, source.alignment);
      next = address + sizeOf(source);
      members.push({ object, section, address });
      const own = addresses[object];
      if (own !== undefined) own[section] = address;
    }
    segments.push({ name: kind, flags: FLAGS[kind], address: start, members, end: next });
  }
  return { objects: objects.map((object, index) => ({ object, addresses: addresses[index] ?? [] })), segments };
}

export function roundUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

export function sectionAt(objects: readonly ObjectModule[], object: number, section: number): Section {
  const found = objects[object]?.sections[section];
  if (found === undefined) throw new RangeError(`no section ${section} in object ${object}`);
  return found;
}

function sizeOf(section: Section): number {
  return section.bytes.length + section.zeroBytes;
}

/** What has contents first, what is only zero last, so that the zeros need no room in the file. */
function inFileOrder(
  members: readonly Omit<Member, 'address'>[],
  objects: readonly ObjectModule[],
): Omit<Member, 'address'>[] {
  const hasBytes = (member: Omit<Member, 'address'>) =>
    sectionAt(objects, member.object, member.section).bytes.length > 0;
  return [...members.filter(hasBytes), ...members.filter((member) => !hasBytes(member))];
}

function checkOverlap(segments: readonly SegmentPlan[]): void {
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next === undefined) continue;
    const samePage = roundUp(segment.end, PAGE_BYTES) > next.address;
    if (segment.end > next.address || (samePage && segment.flags !== next.flags)) {
      throw new LinkError(
        'SECTION_OVERLAP',
        `${segment.name} ends at 0x${segment.end.toString(16)}, ${next.name} begins at 0x${next.address.toString(16)}: ` +
          'give one of them another address',
      );
    }
  }
}
