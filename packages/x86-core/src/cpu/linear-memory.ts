/** Guest memory by linear address, as TypeScript accesses it for a core: through the page tables, with CpuFault where they refuse. */
import * as machine from '../semantics/machine-memory.ts';
import * as state from '../semantics/state.ts';
import type { Access, MemoryBytes } from '../system/core-context.ts';
import { CpuFault, generalProtection } from '../system/cpu-fault.ts';
import { isSignExtended } from '../system/mode.ts';
import type { CoreState } from './core-state.ts';
import type { PhysicalMemory } from './physical-memory.ts';

const PAGE = 4096n;
const CR4_LA57 = 1 << 12;

/** Memory that no page of PhysicalMemory has. */
export interface DeviceMemory {
  read(physical: number, bytes: number): bigint;
  write(physical: number, bytes: number, value: bigint): void;
}

export class LinearMemory {
  readonly #memory: PhysicalMemory;
  readonly #state: CoreState;
  readonly #devices: DeviceMemory;

  constructor(memory: PhysicalMemory, core: CoreState, devices: DeviceMemory) {
    this.#memory = memory;
    this.#state = core;
    this.#devices = devices;
  }

  /** The physical address of a byte. @throws CpuFault #PF, #GP for an address that is not canonical */
  translate(linear: bigint, rights: number): number {
    let address = linear;
    if (this.#state.get32(state.LONG_MODE) === 0) address &= 0xffff_ffffn;
    else {
      const bits = (this.#state.get32(state.CR4) & CR4_LA57) === 0 ? 48 : 57;
      if (!isSignExtended(address, bits)) throw generalProtection();
    }
    const physical = this.#memory.runtime.translateLinear(this.#state.base, address, rights);
    if (physical === -1n) throw this.fault();
    return Number(physical);
  }

  /** The same; undefined where it is refused. */
  find(linear: bigint): number | undefined {
    try {
      return this.translate(linear, machine.ACCESS_ANY);
    } catch (error) {
      if (error instanceof CpuFault) return undefined;
      throw error;
    }
  }

  /** The exception in the core's state. */
  fault(): CpuFault {
    const core = this.#state;
    const vector = core.get32(state.EXCEPTION_VECTOR);
    const code = core.get32(state.EXCEPTION_HAS_CODE) === 0 ? undefined : core.get32(state.EXCEPTION_CODE);
    return new CpuFault(vector, code, vector === PAGE_FAULT ? core.get64(state.EXCEPTION_ADDRESS) : undefined);
  }

  rights(access: Access): number {
    switch (access) {
      case 'user':
        return machine.ACCESS_USER;
      case 'supervisor':
        return 0;
      case 'system':
        return machine.ACCESS_SYSTEM;
      case 'current':
        return this.#state.get32(state.CPL) === 3 ? machine.ACCESS_USER : 0;
    }
  }

  /** #AC of the program's own accesses (SDM 3A 6.15). */
  #checkAlignment(address: bigint, bytes: MemoryBytes, access: Access): void {
    if (access !== 'current' || (Number(BigInt.asUintN(3, address)) & (bytes - 1)) === 0) return;
    const core = this.#state;
    const active = (core.get32(state.RFLAGS_SYSTEM) & RFLAGS_AC) !== 0 && (core.get32(state.CR0) & CR0_AM) !== 0;
    if (active && core.get32(state.CPL) === 3) throw new CpuFault(ALIGNMENT_CHECK, 0);
  }

  read(address: bigint, bytes: MemoryBytes, access: Access): bigint {
    this.#checkAlignment(address, bytes, access);
    const rights = this.rights(access);
    let host = this.#hostOf(address, bytes, rights);
    if (host === 0) {
      if (crosses(address, bytes)) return join(this.readBytes(address, bytes, access));
      const physical = this.translate(address, rights);
      host = this.#memory.hostAddress(physical);
      if (host === 0) return this.#devices.read(physical, bytes);
      this.#keep(address, rights, host);
    }
    return this.#readHost(host, bytes);
  }

  write(address: bigint, bytes: MemoryBytes, value: bigint, access: Access): void {
    this.#checkAlignment(address, bytes, access);
    const rights = this.#writing(access);
    let host = this.#hostOf(address, bytes, rights);
    if (host === 0) {
      if (crosses(address, bytes)) {
        this.writeBytes(address, split(value, bytes), access);
        return;
      }
      const physical = this.translate(address, rights);
      host = this.#memory.hostAddressForWrite(physical);
      if (host === 0) {
        this.#devices.write(physical, bytes, BigInt.asUintN(8 * bytes, value));
        return;
      }
      this.#keep(address, rights, host);
    }
    this.#writeHost(host, bytes, value);
  }

  /** Where the TLB has the page: without a walk. What the supervisor may do by EFLAGS.AC alone is in another set. */
  #hostOf(address: bigint, bytes: number, rights: number): number {
    const user = (rights & machine.ACCESS_USER) !== 0;
    const write = (rights & machine.ACCESS_WRITE) !== 0;
    // WebAssembly's numbers are signed.
    return this.#memory.runtime.hostOf(this.#state.base, address, bytes, user, write) >>> 0;
  }

  /** Behind `translate`. */
  #keep(address: bigint, rights: number, host: number): void {
    const core = this.#state;
    const user = (rights & machine.ACCESS_USER) !== 0;
    const byFlag = (core.get32(state.RFLAGS_SYSTEM) & RFLAGS_AC) !== 0;
    if (!user && byFlag && (rights & machine.ACCESS_SYSTEM) === 0) return;
    const linear = core.get32(state.LONG_MODE) === 0 ? address & 0xffff_ffffn : address;
    this.#memory.runtime.keepHost(core.base, linear, host, user, (rights & machine.ACCESS_WRITE) !== 0);
  }

  readBytes(address: bigint, length: number, access: Access): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const { offset, count, physical } of this.#pieces(address, length, this.rights(access))) {
      const host = this.#memory.hostAddress(physical);
      if (host !== 0) bytes.set(this.#memory.bytes.subarray(host, host + count), offset);
      else for (let at = 0; at < count; at++) bytes[offset + at] = Number(this.#devices.read(physical + at, 1));
    }
    return bytes;
  }

  /** All of it is translated before any of it is written. */
  writeBytes(address: bigint, bytes: Uint8Array, access: Access): void {
    for (const { offset, count, physical } of this.#pieces(address, bytes.length, this.#writing(access))) {
      const host = this.#memory.hostAddressForWrite(physical);
      if (host !== 0) this.#memory.bytes.set(bytes.subarray(offset, offset + count), host);
      else
        for (let at = 0; at < count; at++) this.#devices.write(physical + at, 1, BigInt(bytes[offset + at] as number));
    }
  }

  checkWrite(address: bigint, length: number, access: Access): void {
    this.#pieces(address, length, this.#writing(access));
  }

  #writing(access: Access): number {
    return this.rights(access) | machine.ACCESS_WRITE;
  }

  /** Parts of a range that lie on one page each, translated. */
  #pieces(address: bigint, length: number, rights: number): { offset: number; count: number; physical: number }[] {
    const pieces: { offset: number; count: number; physical: number }[] = [];
    for (let offset = 0; offset < length; ) {
      const at = BigInt.asUintN(64, address + BigInt(offset));
      const count = Math.min(length - offset, Number(PAGE - (at % PAGE)));
      pieces.push({ offset, count, physical: this.translate(at, rights) });
      offset += count;
    }
    return pieces;
  }

  readPhysical(physical: number, bytes: MemoryBytes): bigint {
    const host = this.#memory.hostAddress(physical);
    return host === 0 ? this.#devices.read(physical, bytes) : this.#readHost(host, bytes);
  }

  #readHost(host: number, bytes: MemoryBytes): bigint {
    const { view } = this.#memory;
    if (bytes === 8) return view.getBigUint64(host, true);
    return BigInt(
      bytes === 4 ? view.getUint32(host, true) : bytes === 2 ? view.getUint16(host, true) : view.getUint8(host),
    );
  }

  #writeHost(host: number, bytes: MemoryBytes, value: bigint): void {
    const { view } = this.#memory;
    if (bytes === 8) view.setBigUint64(host, value, true);
    else if (bytes === 4) view.setUint32(host, Number(value & 0xffff_ffffn), true);
    else if (bytes === 2) view.setUint16(host, Number(value & 0xffffn), true);
    else view.setUint8(host, Number(value & 0xffn));
  }
}

const PAGE_FAULT = 14;
const ALIGNMENT_CHECK = 17;
const CR0_AM = 1 << 18;
const RFLAGS_AC = 1 << 18;

function crosses(address: bigint, bytes: number): boolean {
  return Number(BigInt.asUintN(12, address)) + bytes > 4096;
}

function join(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function split(value: bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, position) => Number((value >> BigInt(8 * position)) & 0xffn));
}
