/** Why code leaves for TypeScript. */
export const Reason = {
  /** The budget is used up. */
  budget: 0,
  /** RIP has no record yet (LINK says where to enter it), or lies outside of the region. */
  transfer: 1,
  /** The instruction at RIP raised the exception in EXCEPTION, and has changed nothing. */
  fault: 2,
  /** The core has spun for a while: others may have their turn. RIP is where to go on. */
  yield: 3,
  /** TypeScript carries out the instruction at RIP: the one of RECORD. */
  assist: 4,
  /** EVENTS is set, or the mode has changed. RIP is where to go on. */
  events: 5,
  /** A branch to RIP has been taken often: it may be worth to compile what is there. */
  hot: 6,
  /** A region, by the record RECORD that it was entered by, has been left often at one of its exits. RIP is where to go on. */
  extend: 7,
} as const;

export type ReasonCode = (typeof Reason)[keyof typeof Reason];
