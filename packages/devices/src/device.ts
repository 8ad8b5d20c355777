/**
 * The contract between devices and the machine that composes them, all of it.
 *
 * A device gets interrupt lines, an object of events that tell the host what happened, and where it needs them guest memory and a
 * clock. It offers windows, which the composer puts into the port or memory space; it never learns where. All devices run on one
 * thread, and nothing here is called from another.
 */

/** Width of an access in bytes. A 64-bit access comes as two of 4, the low half first. */
export type AccessBytes = 1 | 2 | 4;

/**
 * Ports. `offset` counts from the start of the window, and the access ends inside the window: the composer splits what does not.
 * Values are unsigned and no wider than the access. A read of what does not exist gives all ones.
 */
export interface PortWindow {
  readPort(offset: number, bytes: AccessBytes): number;
  writePort(offset: number, bytes: AccessBytes, value: number): void;
}

/** Memory-mapped registers; the rules are those of PortWindow. An access may be unaligned. */
export interface MemoryWindow {
  read(offset: number, bytes: AccessBytes): number;
  write(offset: number, bytes: AccessBytes, value: number): void;
}

/** An interrupt request (or reset, A20, NMI) wire. Setting the level that it has changes nothing. */
export interface InterruptLine {
  set(level: boolean): void;
}

/** A register that the device does not have. Each is reported once. */
export interface UnknownRegister {
  /** As in the data sheet: `8254`, `PIIX3`. */
  readonly device: string;
  /** Its name or offset: `offset 1Ch`, `command B5h`. */
  readonly register: string;
  readonly access: 'read' | 'write';
}

/** What every device tells the host; most add events of their own. */
export interface DeviceEvents {
  unknownRegister(report: UnknownRegister): void;
}

/** Time, virtual or real. */
export interface Clock {
  /** Nanoseconds since the machine was made; never goes back. */
  now(): bigint;
  /** Calls `callback` once when `now()` has reached `at`, never from inside this call, also when `at` has passed. */
  schedule(at: bigint, callback: () => void): ScheduledCall;
}

export interface ScheduledCall {
  /** After this the callback is not called. */
  cancel(): void;
}

/**
 * Guest physical memory as a bus master sees it: RAM, with holes. Addresses are whole numbers below 2^52. Holes read as all ones,
 * and writes to them are lost.
 */
export interface GuestMemory {
  /** Fills `target` from `address` on. */
  read(address: number, target: Uint8Array): void;
  write(address: number, source: Uint8Array): void;
  /** One little-endian value; where it is naturally aligned, in one access that is ordered with all cores' accesses. */
  load(address: number, bytes: AccessBytes): number;
  store(address: number, bytes: AccessBytes, value: number): void;
}

/** What every device can do. `State` can be cloned (structuredClone) and holds nothing of the host. */
export interface Device<State> {
  /** What the RESET wire does. */
  reset(): void;
  save(): State;
  /** Also sets the lines and schedules the calls that follow from the state. */
  restore(state: State): void;
}

/** What an I/O APIC, or a write of an MSI, sends to the local APICs (SDM 3A 11.6.1 has the fields). */
export interface InterruptMessage {
  /** 0 to 255. */
  readonly vector: number;
  readonly deliveryMode: DeliveryMode;
  /** APIC ID, or logical destination: 8 bits. */
  readonly destination: number;
  readonly destinationMode: 'physical' | 'logical';
  readonly trigger: 'edge' | 'level';
  /** False only for the end of a level (INIT deassert). */
  readonly level: boolean;
}

export type DeliveryMode = 'fixed' | 'lowest-priority' | 'smi' | 'nmi' | 'init' | 'startup' | 'external';

/** Where interrupt messages go: the composer hands them to the cores. */
export interface InterruptMessages {
  send(message: InterruptMessage): void;
}
