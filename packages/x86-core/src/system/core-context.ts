/**
 * The core as the system architecture sees it: registers, memory through the MMU, the bus. `Cpu` implements it over the state in linear
 * memory (semantics/state.ts); the unit tests over plain objects.
 */
import type { Instruction } from '../decode/instruction.ts';
import type { InterruptEvent } from './interrupt-event.ts';
import type { SystemState } from './system-state.ts';

/** As encoded, then LDTR and TR. */
export const Segment = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, ldtr: 6, tr: 7 } as const;
export type SegmentNumber = (typeof Segment)[keyof typeof Segment];

/** A segment register with its hidden part (SDM 3A 3.4.3). */
export interface SegmentRegister {
  readonly selector: number;
  readonly base: bigint;
  /** Last byte, scaled by G. */
  readonly limit: number;
  /**
   * Bits 40 to 55 of the descriptor without its limit: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15; and bit 8, which
   * descriptors do not have: unusable (loaded with a null selector).
   */
  readonly attributes: number;
}

export interface TableRegister {
  readonly base: bigint;
  readonly limit: number;
}

/**
 * In whose name memory is accessed. current: as the program does, by CPL. user: as at CPL 3. supervisor: as at CPL 0 to 2, with EFLAGS.AC
 * letting SMAP pass. system: an implicit supervisor access (GDT, IDT, TSS), which AC does not help (SDM 3A 4.6).
 */
export type Access = 'current' | 'user' | 'supervisor' | 'system';

export type MemoryBytes = 1 | 2 | 4 | 8;

/** The x87 registers (semantics/state.ts has their layout). */
export interface X87State {
  /** Physical registers: 8 times 16 bytes, significand, then sign and exponent. */
  readonly registers: Uint8Array;
  controlWord: number;
  /** Without TOP, which reads as 0 here. */
  statusWord: number;
  top: number;
  /** Bit n: physical register n is empty. */
  emptyTags: number;
  instructionPointer: bigint;
  codeSelector: number;
  dataPointer: bigint;
  dataSelector: number;
  /** 11 bits. */
  opcode: number;
}

/** MSRs that instructions read: SYSCALL, SYSENTER, SWAPGS, RDTSCP, RDPID. */
export interface SystemCallMsrs {
  kernelGsBase: bigint;
  star: bigint;
  lstar: bigint;
  cstar: bigint;
  sfmask: bigint;
  tscAux: bigint;
  sysenterCs: bigint;
  sysenterEsp: bigint;
  sysenterEip: bigint;
}

/** Ports and interrupt acknowledge; memory that is not RAM is the MMU's. */
export interface SystemBus {
  /** Unsigned. An access may be unaligned. */
  readPort(port: number, bytes: 1 | 2 | 4): number;
  writePort(port: number, bytes: 1 | 2 | 4, value: number): void;
  /** The INTA cycle of an external controller: the vector. */
  acknowledgeInterrupt(): number;
}

/** What a program did that its host may want to know. */
export interface SystemEvents {
  /** An MSR that is not there (#GP is raised). Reported once for each address and direction. */
  unknownMsr(report: { readonly address: number; readonly access: 'read' | 'write'; readonly value: bigint }): void;
  /** A fault while #DF was delivered: the core stands still until INIT or reset. */
  shutdown(): void;
}

/** What TLB entries go: all, all but global ones, or those of the page with this linear address. */
export type TlbScope = 'all' | 'nonGlobal' | bigint;

export interface CoreContext {
  /** RAX to R15. */
  readonly gpr: BigUint64Array;
  /** Offset in CS. An assist finds it behind the instruction. */
  rip: bigint;
  /** All of RFLAGS, bit 1 set. */
  rflags: number;
  cpl: number;
  segment(number: SegmentNumber): SegmentRegister;
  /** Those of `segment`, by themselves. */
  segmentAttributes(number: SegmentNumber): number;
  setSegment(number: SegmentNumber, value: SegmentRegister): void;
  gdtr: TableRegister;
  idtr: TableRegister;
  cr0: number;
  cr2: bigint;
  cr3: bigint;
  cr4: number;
  efer: number;
  xcr0: number;
  pkru: number;
  /** The four that a move to CR3 loads in PAE paging (SDM 3A 4.4.1); the page walk starts from them. */
  readonly pdptes: BigUint64Array;
  /** DR0 to DR7. */
  readonly debug: BigUint64Array;
  mxcsr: number;
  /** 16 times 32 bytes. */
  readonly vectors: Uint8Array;
  readonly x87: X87State;
  readonly msr: SystemCallMsrs;

  /** A value in little-endian order at a linear address. All of these throw CpuFault with #PF, then nothing was changed. */
  read(address: bigint, bytes: MemoryBytes, access: Access): bigint;
  write(address: bigint, bytes: MemoryBytes, value: bigint, access: Access): void;
  readBytes(address: bigint, length: number, access: Access): Uint8Array;
  writeBytes(address: bigint, bytes: Uint8Array, access: Access): void;
  /** Faults as a write there would. */
  checkWrite(address: bigint, length: number, access: Access): void;
  /** Of RAM or device memory; all ones where there is none. */
  readPhysical(address: bigint, bytes: MemoryBytes): bigint;
  flushTlb(scope: TlbScope): void;
  /** What `deliver` and `interruptReturn` do to registers and memory, where all about it is as usual. @returns false: nothing was done */
  deliverUsual(event: InterruptEvent): boolean;
  returnUsual(bytes: 2 | 4 | 8): boolean;
  /** No interrupt is taken before the instruction at RIP has run (SDM 3A 6.8.3). */
  inhibitNext(): void;
  /** The instruction at RIP is one before which no interrupt is taken. */
  readonly inhibited: boolean;

  readonly bus: SystemBus;
  readonly events: SystemEvents;
  readonly system: SystemState;
  /** Nanoseconds: what the time-stamp counter and the local APIC's timer count from. Never goes back. */
  now(): bigint;
  /** 64 random bits. */
  random(): bigint;
}

/** Carries out an instruction whole, or throws CpuFault. RIP is behind it; whoever catches the fault puts RIP back. */
export type Assist = (core: CoreContext, instruction: Instruction) => void;
