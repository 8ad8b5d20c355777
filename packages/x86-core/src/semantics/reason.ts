/** Why code leaves for TypeScript. */
export const Reason = {
  /** The budget is used up. */
  budget: 0,
  /** RIP has no record yet (LINK says where to enter it), or lies outside of the region. */
  transfer: 1,
  /** The instruction at RIP raised the exception in EXCEPTION, and has changed nothing. */
  fault: 2,
  /** HLT. RIP is behind it. */
  halt: 3,
  /** TypeScript carries out the instruction at RIP: the one of RECORD. */
  assist: 4,
  /** EVENTS is set, or the mode has changed. RIP is where to go on. */
  events: 5,
} as const;

export type ReasonCode = (typeof Reason)[keyof typeof Reason];
