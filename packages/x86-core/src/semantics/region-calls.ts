/**
 * Functions that each module of regions has for itself: what would stand at every access otherwise, where it is seldom carried out. Engines compile a region
 * in a time that grows with its branches, and keep its registers across fewer of them.
 *
 * Devices may look at the time: before `translate` and `commit` the budget in memory is made to tell it. Behind them EVENTS may be set. Where no other thread
 * sets it, the region's budget is then taken away, so that the next loop ends; WITHHELD says how much that was.
 */
import { FunctionBody } from '../wasm/function-body.ts';
import type { Signature } from '../wasm/module-builder.ts';
import * as state from './state.ts';

export interface ModuleFunction {
  readonly signature: Signature;
  readonly body: FunctionBody;
}

/** (core, linear address, tag that did not fit, access, budget) to (0: there was a fault, budget). */
export const MISSED = 'missed';
/** (core, access, budget) to budget. */
export const COMMITTED = 'committed';

/** What an access is packed into. `uncounted`: instructions that have been carried out and not been taken from the budget. */
interface PackedAccess {
  readonly uncounted: number;
  /** 0 for COMMITTED. */
  readonly bytes: number;
  /** See accessCode; the slot for COMMITTED. */
  readonly code: number;
}

export function packAccess({ uncounted, bytes, code }: PackedAccess): number {
  if (uncounted >= 1 << 16 || bytes >= 1 << 8 || code >= 1 << 8) throw new RangeError('An access has no room');
  return (uncounted << 16) | (bytes << 8) | code;
}

const CORE = 0;

export function missedFunction(isShared: boolean): ModuleFunction {
  const body = new FunctionBody(5);
  const [address, tag, access, budget] = [1, 2, 3, 4];
  body.get(CORE);
  body.get(tag);
  body.store(64, state.REFUSED_TAG);
  noteBudget(body, budget, access);
  body.get(CORE);
  body.get(address);
  for (const shift of [8, 0]) {
    body.get(access);
    body.i32(shift);
    body.operator('i32.shr_u');
    body.i32(0xff);
    body.operator('i32.and');
  }
  body.callNamed('translate');
  body.operator('i32.eqz');
  body.if();
  body.get(CORE);
  body.i32(0);
  body.store32(state.RECORD);
  body.i32(0);
  body.get(budget);
  pushUncounted(body, access);
  body.operator('i64.sub');
  body.return();
  body.end();
  withholdAtEvents(body, budget, isShared, CORE);
  body.i32(1);
  body.get(budget);
  return { signature: { parameters: ['i32', 'i64', 'i64', 'i32', 'i64'], results: ['i32', 'i64'] }, body };
}

export function committedFunction(isShared: boolean): ModuleFunction {
  const body = new FunctionBody(3);
  const [access, budget] = [1, 2];
  noteBudget(body, budget, access);
  body.get(CORE);
  body.get(access);
  body.i32(0xff);
  body.operator('i32.and');
  body.callNamed('commit');
  withholdAtEvents(body, budget, isShared, CORE);
  body.get(budget);
  return { signature: { parameters: ['i32', 'i32', 'i64'], results: ['i64'] }, body };
}

function noteBudget(body: FunctionBody, budget: number, access: number): void {
  body.get(CORE);
  body.get(budget);
  body.get(CORE);
  body.load(64, state.WITHHELD);
  body.operator('i64.add');
  pushUncounted(body, access);
  body.operator('i64.sub');
  body.store(64, state.BUDGET);
}

function pushUncounted(body: FunctionBody, access: number): void {
  body.get(access);
  body.i32(16);
  body.operator('i32.shr_u');
  body.operator('i64.extend_i32_u');
}

/** `budget`, `core`: locals. */
export function withholdAtEvents(body: FunctionBody, budget: number, isShared: boolean, core: number): void {
  if (isShared) return;
  body.get(core);
  body.load32(state.EVENTS);
  body.if(true);
  body.get(core);
  body.get(core);
  body.load(64, state.WITHHELD);
  body.get(budget);
  body.operator('i64.add');
  body.i64(1n);
  body.operator('i64.add');
  body.store(64, state.WITHHELD);
  body.i64(-1n);
  body.set(budget);
  body.end();
}
