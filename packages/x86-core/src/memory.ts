/** Constructors of memory operands and symbol references. */
import type { FarPointer, Immediate, Memory, MemoryBits, Register, SymbolReference } from './operand.ts';

export interface MemoryParts {
  readonly base?: Register | 'rip' | undefined;
  readonly index?: Register | undefined;
  /** Default 1. */
  readonly scale?: 1 | 2 | 4 | 8;
  /** Signed, in bytes. Default 0. */
  readonly displacement?: number;
  readonly symbol?: SymbolReference | undefined;
  /** Segment override. */
  readonly segment?: Register | undefined;
  /** Size of the access in bits. Default 0: the other operands tell. */
  readonly bits?: MemoryBits | 0;
  /** Where base and index do not tell. Default: the mode's. */
  readonly addressBits?: 16 | 32 | 64 | undefined;
}

/** A memory operand: `mem({ base: rbx, index: rcx, scale: 4, displacement: -8, bits: 32 })` is `dword ptr [rbx+rcx*4-8]`. */
export function mem(parts: MemoryParts): Memory {
  return {
    kind: 'memory',
    bits: parts.bits ?? 0,
    base: parts.base,
    index: parts.index,
    scale: parts.scale ?? 1,
    displacement: parts.displacement ?? 0,
    symbol: parts.symbol,
    segment: parts.segment,
    addressBits: parts.addressBits,
  };
}

/** What a sized shorthand takes as its address: a base register, an absolute address, a symbol (RIP-relative with `rel`), or all parts. */
export type Address = Register | number | SymbolReference | MemoryParts;

function sized(bits: MemoryBits, address: Address, displacement: number): Memory {
  if (typeof address === 'number') return mem({ bits, displacement: address + displacement });
  if ('kind' in address) {
    if (address.kind === 'register') return mem({ bits, base: address, displacement });
    return mem({ bits, symbol: address, displacement });
  }
  return mem({ ...address, bits, displacement: (address.displacement ?? 0) + displacement });
}

export function mem8(address: Address, displacement = 0): Memory {
  return sized(8, address, displacement);
}
export function mem16(address: Address, displacement = 0): Memory {
  return sized(16, address, displacement);
}
export function mem32(address: Address, displacement = 0): Memory {
  return sized(32, address, displacement);
}
export function mem64(address: Address, displacement = 0): Memory {
  return sized(64, address, displacement);
}
export function mem128(address: Address, displacement = 0): Memory {
  return sized(128, address, displacement);
}
export function mem256(address: Address, displacement = 0): Memory {
  return sized(256, address, displacement);
}

/** A RIP-relative operand: `rel(symbol('counter'), 64)` is `qword ptr [rip+counter]`. */
export function rel(target: SymbolReference, bits: MemoryBits | 0 = 0): Memory {
  return mem({ base: 'rip', symbol: target, bits });
}

/** A reference to a symbol plus `addend` bytes; `bits` forces the width of the field that holds it. */
export function symbol(name: string, addend = 0, bits?: 8 | 16 | 32 | 64): SymbolReference {
  return { kind: 'symbol', name, addend, bits };
}

/** The target of a direct far jump or call. */
export function far(selector: number, offset: Immediate | SymbolReference): FarPointer {
  return { kind: 'far', selector, offset };
}
