/**
 * What code leaves for, where that is as usual: the next block is found, an exception delivered, an instruction carried out, without asking TypeScript.
 *
 * That is where FIND_MODE says that TypeScript wants to see nothing of it: no single step, breakpoints, or blocked NMI.
 */
import { MAIL_WAITING } from '../src/semantics/mailbox';
import { REASON_ASSIST, REASON_EVENTS, REASON_FAULT, REASON_TRANSFER } from '../src/semantics/reason-code';
import {
  LENGTH,
  SEGMENT,
  USUALLY,
  USUALLY_CLAC,
  USUALLY_IRETD,
  USUALLY_IRETQ,
  USUALLY_STAC,
  USUALLY_SWAPGS,
  USUALLY_SYSCALL,
  USUALLY_SYSRETQ,
} from '../src/semantics/record';
import {
  BUDGET,
  CR2,
  EVENTS,
  EXCEPTION_ACCESS,
  EXCEPTION_ADDRESS,
  EXCEPTION_CODE,
  EXCEPTION_HAS_CODE,
  EXCEPTION_VECTOR,
  FIND_MODE,
  PENDING,
  REASON,
  RECORD,
  RFLAGS_SYSTEM,
  RIP,
} from '../src/semantics/state';
import { EVENT_HAS_CODE, EVENT_RESUMES } from '../src/semantics/usual-event';
import { find } from './find';
import { followMode } from './mode';
import { deliverUsual } from './usual-delivery';
import { returnUsual } from './usual-return';
import { segmentAt, SS } from './segment';
import { alignmentCheckUsual, swapgsUsual, syscallUsual, sysretUsual } from './usual-system-call';
import { RFLAGS_IF } from './register-bits';

const STACK_FAULT: u32 = 12;
const PAGE_FAULT: u32 = 14;
/** By vector: exceptions that are no faults, #DB, #BP, #OF, #DF and #MC. */
const NO_FAULTS: u32 = 0x4_011a;

/** Called where a handler has left. @returns the record to go on with; 0: REASON says what TypeScript is to do */
export function goOn(core: usize): u32 {
  const reason = load<i32>(core + REASON);
  if (reason != REASON_TRANSFER) {
    if (reason != REASON_FAULT && reason != REASON_ASSIST) return 0;
    if (load<u32>(core + FIND_MODE) == 0) return 0;
    if (!(reason == REASON_FAULT ? raiseUsual(core) : assistUsual(core))) return 0;
    // An instruction's part of the budget, as TypeScript takes it.
    const left = load<i64>(core + BUDGET) - 1;
    store<i64>(core + BUDGET, left);
    const allowed = (load<u32>(core + RFLAGS_SYSTEM) & RFLAGS_IF) != 0;
    if (allowed && load<i32>(core + PENDING) != 0) store<i32>(core + EVENTS, 1);
    // The mode is followed where an instruction comes next: RF ends there.
    if (left <= 0 || load<i32>(core + EVENTS) != 0 || !followMode(core)) {
      store<i32>(core + REASON, REASON_EVENTS);
      return 0;
    }
    store<i32>(core + REASON, REASON_TRANSFER);
  }
  return find(core);
}

/** The vector of what a handler raised. A #GP of an access to the stack segment is #SS (SDM 3A 6.15). */
export function raisedVector(core: usize): u32 {
  const vector = load<u32>(core + EXCEPTION_VECTOR);
  if (load<i32>(core + EXCEPTION_ACCESS) == 0) return vector;
  const record = <usize>load<u32>(core + RECORD);
  // 0: a region has left, which knows its segments.
  return record != 0 && load<u32>(record + SEGMENT) == <u32>segmentAt(core, SS) ? STACK_FAULT : vector;
}

function raiseUsual(core: usize): bool {
  const vector = raisedVector(core);
  if (vector > 31 || (NO_FAULTS & (1 << vector)) != 0) return false;
  const kind = EVENT_RESUMES | (load<i32>(core + EXCEPTION_HAS_CODE) != 0 ? EVENT_HAS_CODE : 0);
  if (!deliverUsual(core, vector, load<u32>(core + EXCEPTION_CODE), kind)) return false;
  if (vector == PAGE_FAULT) store<u64>(core + CR2, load<u64>(core + EXCEPTION_ADDRESS));
  return true;
}

function assistUsual(core: usize): bool {
  const record = <usize>load<u32>(core + RECORD);
  const next = load<u64>(core + RIP) + load<u8>(record + LENGTH);
  switch (load<i32>(record + USUALLY)) {
    case USUALLY_IRETD:
      return serialized(core, returnUsual(core, 4));
    case USUALLY_IRETQ:
      return serialized(core, returnUsual(core, 8));
    case USUALLY_SYSCALL:
      return syscallUsual(core, next);
    case USUALLY_SYSRETQ:
      return sysretUsual(core);
    case USUALLY_SWAPGS:
      return swapgsUsual(core, next);
    case USUALLY_STAC:
      return alignmentCheckUsual(core, next, true);
    case USUALLY_CLAC:
      return alignmentCheckUsual(core, next, false);
    default:
      return false;
  }
}

/** Behind a serializing instruction (SDM 3A 9.3): a fence. */
function serialized(core: usize, done: bool): bool {
  if (done) atomic.add<u32>(core + MAIL_WAITING, 0);
  return done;
}
