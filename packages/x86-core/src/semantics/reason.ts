/** Why code leaves for TypeScript. */
import * as code from './reason-code.ts';

interface Reasons {
  /** The budget is used up. */
  readonly budget: typeof code.REASON_BUDGET;
  /** RIP has no record yet (LINK says where to enter it), or lies outside of the region. */
  readonly transfer: typeof code.REASON_TRANSFER;
  /** The instruction at RIP raised the exception in EXCEPTION, and has changed nothing. */
  readonly fault: typeof code.REASON_FAULT;
  /** The core has spun for a while: others may have their turn. RIP is where to go on. */
  readonly yield: typeof code.REASON_YIELD;
  /** TypeScript carries out the instruction at RIP: the one of RECORD. */
  readonly assist: typeof code.REASON_ASSIST;
  /** EVENTS is set, or the mode has changed. RIP is where to go on. */
  readonly events: typeof code.REASON_EVENTS;
  /** A branch to RIP has been taken often: it may be worth to compile what is there. */
  readonly hot: typeof code.REASON_HOT;
  /** A region, by the record RECORD that it was entered by, has been left often at one of its exits. RIP is where to go on. */
  readonly extend: typeof code.REASON_EXTEND;
}

export const Reason: Reasons = {
  budget: code.REASON_BUDGET,
  transfer: code.REASON_TRANSFER,
  fault: code.REASON_FAULT,
  yield: code.REASON_YIELD,
  assist: code.REASON_ASSIST,
  events: code.REASON_EVENTS,
  hot: code.REASON_HOT,
  extend: code.REASON_EXTEND,
};

export type ReasonCode = Reasons[keyof Reasons];
