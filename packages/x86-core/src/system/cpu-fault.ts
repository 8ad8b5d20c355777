/** Exceptions of the processor, as what is thrown while an instruction is carried out. */

/** Vectors 0 to 31 (SDM 3A table 6-1). */
export const Vector = {
  divideError: 0,
  debug: 1,
  nmi: 2,
  breakpoint: 3,
  overflow: 4,
  boundRange: 5,
  invalidOpcode: 6,
  deviceNotAvailable: 7,
  doubleFault: 8,
  coprocessorOverrun: 9,
  invalidTss: 10,
  segmentNotPresent: 11,
  stackFault: 12,
  generalProtection: 13,
  pageFault: 14,
  floatingPoint: 16,
  alignmentCheck: 17,
  machineCheck: 18,
  simdFloatingPoint: 19,
} as const;

const names: Readonly<Record<number, string>> = {
  0: '#DE',
  1: '#DB',
  3: '#BP',
  4: '#OF',
  5: '#BR',
  6: '#UD',
  7: '#NM',
  8: '#DF',
  10: '#TS',
  11: '#NP',
  12: '#SS',
  13: '#GP',
  14: '#PF',
  16: '#MF',
  17: '#AC',
  18: '#MC',
  19: '#XM',
};

/** An exception that the instruction at RIP caused. */
export class CpuFault extends Error {
  readonly vector: number;
  /** undefined: the exception pushes none. */
  readonly errorCode: number | undefined;
  /** #PF: the linear address that goes into CR2. */
  readonly address: bigint | undefined;
  /** The fault belongs to the task that was switched to: RIP is the new task's, not the instruction's. */
  readonly committed: boolean;

  constructor(vector: number, errorCode?: number, address?: bigint, committed = false) {
    // A guest's exception is no failure of the host. Where in here it was found is of no use, and finding that out would take longer than all the rest.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super();
    Error.stackTraceLimit = stackTraceLimit;
    this.vector = vector;
    this.errorCode = errorCode;
    this.address = address;
    this.committed = committed;
  }

  override get name(): string {
    return 'CpuFault';
  }

  override get message(): string {
    const { vector, errorCode, address } = this;
    const code = errorCode === undefined ? '' : `(${errorCode.toString(16)}h)`;
    const place = address === undefined ? '' : ` at ${address.toString(16)}h`;
    return `${names[vector] ?? `exception ${vector}`}${code}${place}`;
  }

  inNewTask(): CpuFault {
    return new CpuFault(this.vector, this.errorCode, this.address, true);
  }

  /** The same during the delivery of an event from outside of the program: EXT is set (SDM 3A 6.13). */
  external(): CpuFault {
    if (this.errorCode === undefined || this.vector === Vector.pageFault) return this;
    return new CpuFault(this.vector, this.errorCode | 1, this.address, this.committed);
  }
}

export function invalidOpcode(): CpuFault {
  return new CpuFault(Vector.invalidOpcode);
}
export function deviceNotAvailable(): CpuFault {
  return new CpuFault(Vector.deviceNotAvailable);
}
/** The code is 0 or a selector (its RPL does not matter), possibly with bits EXT and IDT: see errorOf. */
export function generalProtection(code = 0): CpuFault {
  return new CpuFault(Vector.generalProtection, code);
}
export function stackFault(code = 0): CpuFault {
  return new CpuFault(Vector.stackFault, code);
}
export function notPresent(code: number): CpuFault {
  return new CpuFault(Vector.segmentNotPresent, code);
}
export function invalidTss(code: number): CpuFault {
  return new CpuFault(Vector.invalidTss, code);
}
