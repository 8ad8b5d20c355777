/** What a CPU is connected to. */
import type { InterruptMessage } from '../apic/interrupt-message.ts';

/** Widths of one access, in bytes. Wider ones arrive as several, the low part first. */
export type AccessBytes = 1 | 2 | 4;

/** Ports and memory that is not RAM. Values are unsigned; accesses may be unaligned. Called while the core runs: it must not run the core again. */
export interface Bus {
  readPort(port: number, bytes: AccessBytes): number;
  writePort(port: number, bytes: AccessBytes, value: number): void;
  /** `physical`: a guest-physical address that `PhysicalMemory` does not map for this access. */
  readMemory(physical: number, bytes: AccessBytes): number;
  writeMemory(physical: number, bytes: AccessBytes, value: number): void;
  /** The INTA cycle of an external interrupt controller: its vector, 0 to 255. */
  acknowledgeInterrupt(): number;
  /** A message of this core's local APIC, for those of all cores. Default: it reaches this core alone. */
  sendInterrupt?(message: InterruptMessage): void;
  /** A level-triggered interrupt was served: for I/O APICs. */
  endOfInterrupt?(vector: number): void;
  /** An MSR that is not there (#GP is raised). Once for each address and direction. */
  unknownMsr?(report: { readonly address: number; readonly access: 'read' | 'write'; readonly value: bigint }): void;
  /** A triple fault: the core stands still until INIT or reset. */
  shutdown?(): void;
}

/** Nothing is connected: reads are all ones. */
export const emptyBus: Bus = {
  readPort: (_port, bytes) => 2 ** (8 * bytes) - 1,
  writePort: () => {},
  readMemory: (_physical, bytes) => 2 ** (8 * bytes) - 1,
  writeMemory: () => {},
  acknowledgeInterrupt: () => 0xff,
};
