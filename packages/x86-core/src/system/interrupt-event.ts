/** An interrupt or exception on its way to its handler. */

export interface InterruptEvent {
  readonly vector: number;
  /**
   * external: interrupts and NMI. exception: what instructions raise. software: INT n, INT3, INTO, whose gates must be open to the
   * program. privileged: INT1, which is a software interrupt that no gate's DPL stops.
   */
  readonly source: 'external' | 'exception' | 'software' | 'privileged';
  readonly errorCode: number | undefined;
  /** RF in the pushed flags: set for faults, so that an instruction breakpoint does not hit again (SDM 3A 17.3.1.1). */
  readonly resumes: boolean;
}

export function externalEvent(vector: number): InterruptEvent {
  return { vector, source: 'external', errorCode: undefined, resumes: false };
}

export function softwareEvent(vector: number): InterruptEvent {
  return { vector, source: 'software', errorCode: undefined, resumes: false };
}
