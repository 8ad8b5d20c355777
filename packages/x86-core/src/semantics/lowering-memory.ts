/** Translation of a guest address, inline: segment, TLB, and the call where the TLB does not do. The reasons stand on top of lowering.ts. */
import type { Access, Statement, Value } from './language.ts';
import type { Anchor, Origin } from './anchors.ts';
import type { Target } from './lowering.ts';
import {
  NOWHERE,
  SEGMENT_BASE,
  SEGMENT_READ,
  SEGMENT_WRITE,
  TLB_ENTRIES,
  TLB_WRITE,
  TRANSLATED,
  TRANSLATED_HOST,
} from './state.ts';

/** The last parameter of `translate`: bit 0 writes, bit 1 reads before it writes, bit 2 a #GP of this access is #SS; the slot from bit 4 on. */
export function accessCode(access: Access, stack: boolean, slot: number): number {
  return (access === 'read' ? 0 : 1) | (access === 'modify' ? 2 : 0) | (stack ? 4 : 0) | (slot << 4);
}

type Translate = Statement & { kind: 'translate' };

/**
 * Sets the local `host`.
 * @param origin of the linear address, where it is known; `lasting`: what is found out here holds for what follows
 */
export function translateInline(
  target: Target,
  statement: Translate,
  host: number,
  lower: (value: Value) => void,
  origin: Origin | undefined,
  lasting: boolean,
): void {
  const { body, scratch, anchors } = target;
  const { bytes, access, segment } = statement;
  const write = access !== 'read';
  const known = target.segmentUse(segment) === 'none' ? origin : undefined;
  const near = known === undefined ? undefined : anchors?.near(known, write, target.linearBits);
  if (near !== undefined) {
    translateNear(target, statement, host, lower, near);
    return;
  }
  const anchor = known === undefined || !lasting ? undefined : anchors?.add(known, write);
  const table = write ? TLB_WRITE : 0;
  linearAddress(target, statement, lower);
  body.tee(scratch.address);
  // The page's number modulo TLB_ENTRIES, times 16.
  body.operator('i32.wrap_i64');
  body.i32(8);
  body.operator('i32.shr_u');
  body.i32((TLB_ENTRIES - 1) << 4);
  body.operator('i32.and');
  target.tlb();
  body.operator('i32.add');
  body.tee(scratch.entry);
  body.load(64, table);
  body.tee(scratch.tag);
  body.get(scratch.address);
  if (bytes > 1) {
    body.i64(BigInt(bytes - 1));
    body.operator('i64.add');
  }
  body.i64(-4096n);
  body.operator('i64.and');
  body.operator('i64.ne');
  body.if(true);
  callTranslate(target, statement, host, true);
  if (anchor !== undefined) moveAnchor(target, anchor, host, 0);
  body.else();
  body.get(scratch.address);
  body.operator('i32.wrap_i64');
  body.get(scratch.entry);
  body.load32(table + 8);
  body.operator('i32.add');
  if (anchor !== undefined) body.tee(anchor.host);
  body.set(host);
  if (anchor !== undefined) {
    body.get(scratch.address);
    body.operator('i32.wrap_i64');
    body.i32(0xfff);
    body.operator('i32.and');
    body.set(anchor.place);
  }
  body.end();
}

/** The address is at a known distance from an anchor. */
function translateNear(
  target: Target,
  statement: Translate,
  host: number,
  lower: (value: Value) => void,
  { anchor, distance }: { readonly anchor: Anchor; readonly distance: number },
): void {
  const { body, scratch } = target;
  pushMoved(target, anchor.place, distance);
  body.i32(4096 - statement.bytes);
  body.operator('i32.gt_u');
  body.if(true);
  lower(statement.address);
  body.set(scratch.address);
  callTranslate(target, statement, host, false);
  moveAnchor(target, anchor, host, distance);
  body.else();
  pushMoved(target, anchor.host, distance);
  body.set(host);
  body.end();
}

function pushMoved({ body }: Target, local: number, by: number): void {
  body.get(local);
  if (by === 0) return;
  body.i32(by);
  body.operator('i32.add');
}

/** The anchor is where the access at a distance from it was translated to, if that is in the TLB now. Else all are lost: it may have been a device. */
function moveAnchor(target: Target, anchor: Anchor, host: number, distance: number): void {
  const { body } = target;
  pushMoved(target, host, -distance);
  body.set(anchor.host);
  target.core();
  body.load32(TRANSLATED);
  body.set(anchor.place);
  target.anchors?.loseOthers(anchor, () => {
    body.get(anchor.place);
    body.i32(NOWHERE);
    body.operator('i32.eq');
  });
  if (distance === 0) return;
  pushMoved(target, anchor.place, -distance);
  body.set(anchor.place);
}

function callTranslate(
  target: Target,
  { bytes, access, segment, slot }: Translate,
  host: number,
  refused: boolean,
): void {
  target.translate(bytes, accessCode(access, target.isStack(segment), slot), refused);
  target.core();
  target.body.load32(TRANSLATED_HOST);
  target.body.set(host);
}

/** Pushes the linear address; checks the limit first, where there is one (SDM 3A 5.3). */
function linearAddress(target: Target, statement: Translate, lower: (value: Value) => void): void {
  const { body, scratch } = target;
  const { address, segment, bytes, access } = statement;
  const use = target.segmentUse(segment);
  lower(address);
  if (use === 'none') return;
  if (use === 'base') {
    target.segment(segment);
    body.load(64, SEGMENT_BASE);
    body.operator('i64.add');
    return;
  }
  const range = access === 'read' ? SEGMENT_READ : SEGMENT_WRITE;
  body.tee(scratch.address);
  target.segment(segment);
  body.load(32, range);
  body.operator('i64.lt_u');
  body.get(scratch.address);
  body.i64(BigInt(bytes - 1));
  body.operator('i64.add');
  target.segment(segment);
  body.load(32, range + 4);
  body.operator('i64.gt_u');
  body.operator('i32.or');
  body.if();
  target.core();
  target.segment(segment);
  body.callNamed('segmentFault');
  target.fault();
  body.end();
  body.get(scratch.address);
  target.segment(segment);
  body.load(64, SEGMENT_BASE);
  body.operator('i64.add');
  body.i64(0xffff_ffffn);
  body.operator('i64.and');
}
