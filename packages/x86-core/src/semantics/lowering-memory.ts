/** Translation of a guest address, inline: segment, TLB, and the call where the TLB does not do. The reasons stand on top of lowering.ts. */
import type { Access, Statement, Value } from './language.ts';
import type { Target } from './lowering.ts';
import { SEGMENT_BASE, SEGMENT_READ, SEGMENT_WRITE, TLB_ENTRIES, TLB_WRITE } from './state.ts';

/** The last parameter of `translate`: bit 0 writes, bit 1 reads before it writes, bit 2 a #GP of this access is #SS; the slot from bit 4 on. */
export function accessCode(access: Access, stack: boolean, slot: number): number {
  return (access === 'read' ? 0 : 1) | (access === 'modify' ? 2 : 0) | (stack ? 4 : 0) | (slot << 4);
}

type Translate = Statement & { kind: 'translate' };

/** Sets the local `host`. */
export function translateInline(
  target: Target,
  statement: Translate,
  host: number,
  lower: (value: Value) => void,
): void {
  const { body, scratch } = target;
  const { bytes, access, segment, slot } = statement;
  const write = access === 'read' ? 0 : TLB_WRITE;
  linearAddress(target, statement, lower);
  body.tee(scratch.address);
  body.i64(12n);
  body.operator('i64.shr_u');
  body.operator('i32.wrap_i64');
  body.i32(TLB_ENTRIES - 1);
  body.operator('i32.and');
  body.i32(4);
  body.operator('i32.shl');
  target.tlb();
  body.operator('i32.add');
  body.tee(scratch.entry);
  body.load(64, write);
  body.get(scratch.address);
  if (bytes > 1) {
    body.i64(BigInt(bytes - 1));
    body.operator('i64.add');
  }
  body.i64(-4096n);
  body.operator('i64.and');
  body.operator('i64.ne');
  body.if(true);
  target.noteBudget();
  target.core();
  body.get(scratch.address);
  body.i32(bytes);
  body.i32(accessCode(access, target.isStack(segment), slot));
  body.callNamed('translate');
  body.tee(host);
  body.operator('i32.eqz');
  body.if(true);
  target.fault();
  body.end();
  body.else();
  body.get(scratch.address);
  body.operator('i32.wrap_i64');
  body.get(scratch.entry);
  body.load32(write + 8);
  body.operator('i32.add');
  body.set(host);
  body.end();
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
