/** What local APICs send and receive (SDM 3A 11.6.1, 11.7). */

export type DeliveryMode = 'fixed' | 'lowest-priority' | 'smi' | 'nmi' | 'init' | 'startup' | 'external';

/** What I/O APICs and MSIs send has this form too. */
export interface InterruptMessage {
  /** 0 to 255; for `startup` the page to start at. */
  readonly vector: number;
  readonly deliveryMode: DeliveryMode;
  /** APIC ID or logical destination: 8 bits, 32 in x2APIC mode. */
  readonly destination: number;
  readonly destinationMode: 'physical' | 'logical';
  readonly trigger: 'edge' | 'level';
  /** False only for INIT level de-assert. */
  readonly level: boolean;
  /** Of interprocessor interrupts: whom it goes to instead of `destination`. */
  readonly shorthand?: 'none' | 'self' | 'all' | 'others';
  /** APIC ID of the sender, where there is a shorthand. */
  readonly source?: number;
}

/** In the order of their numbers in the ICR and the LVT. */
export const deliveryModes: readonly (DeliveryMode | undefined)[] = [
  'fixed',
  'lowest-priority',
  'smi',
  undefined,
  'nmi',
  'init',
  'startup',
  'external',
];
