/** Whom an interrupt message means, by what is known of a local APIC (SDM 3A 11.6.2, 11.12.9, 11.12.10). */
import type { InterruptMessage } from './interrupt-message.ts';

/** Whatever takes interrupt messages: a local APIC of this thread, or the place of one of another. */
export interface InterruptTarget {
  readonly id: number;
  /** Globally and by the spurious-interrupt vector register. */
  readonly enabled: boolean;
  readonly processorPriority: number;
  matches(destination: number, mode: 'physical' | 'logical'): boolean;
  receive(message: InterruptMessage): void;
}

export interface ApicAddress {
  readonly id: number;
  readonly globallyEnabled: boolean;
  readonly isX2: boolean;
  readonly logicalDestination: number;
  readonly destinationFormat: number;
}

export function matchesDestination(apic: ApicAddress, destination: number, mode: 'physical' | 'logical'): boolean {
  if (!apic.globallyEnabled) return mode === 'physical' && (destination === apic.id || destination === 0xff);
  if (mode === 'physical') {
    if (destination === 0xffff_ffff || destination === 0xff) return true;
    return destination === apic.id;
  }
  const mine = apic.logicalDestination;
  if (apic.isX2) {
    if (destination === 0xffff_ffff) return true;
    return destination >>> 16 === mine >>> 16 && (destination & mine & 0xffff) !== 0;
  }
  const id = mine >>> 24;
  if (apic.destinationFormat >>> 28 === 15) return (destination & id) !== 0;
  const cluster = destination >> 4 === 15 || destination >> 4 === id >> 4;
  return cluster && (destination & id & 15) !== 0;
}
