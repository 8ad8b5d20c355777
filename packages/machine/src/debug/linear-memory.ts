/**
 * Memory by linear address, as a debugger sees it: through the page tables of a core, but without rights, without marking pages as accessed, and
 * without reading a device's registers, which would change them.
 */
import type { Cpu } from '@drift-os/x86-core';

const PAGE = 4096;
const CR0_PG = 1 << 31;
const CR4_PSE = 1 << 4;
const CR4_PAE = 1 << 5;
const CR4_LA57 = 1 << 12;
const EFER_LMA = 1 << 10;
const LONG_CODE = 1 << 13;
const PRESENT = 1n;
const PAGE_SIZE = 1n << 7n;
const FRAME = 0xf_ffff_ffff_f000n;

/** The linear address of a core's next instruction. */
export function instructionAddress(core: Cpu): bigint {
  const { base } = core.registers.segment('cs');
  return codeBits(core) === 64 ? core.registers.rip : BigInt.asUintN(32, base + core.registers.rip);
}

/** The code size that a core is in. */
export function codeBits(core: Cpu): 16 | 32 | 64 {
  const { cr0, efer, rflags } = core.context;
  const { attributes } = core.registers.segment('cs');
  if ((efer & EFER_LMA) !== 0 && (attributes & LONG_CODE) !== 0) return 64;
  const isReal = (cr0 & 1) === 0 || (rflags & (1 << 17)) !== 0;
  return !isReal && (attributes & (1 << 14)) !== 0 ? 32 : 16;
}

/** @returns bytes up to the first one that is neither RAM nor ROM: at most `length` */
export function readLinear(core: Cpu, linear: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const address = linear + BigInt(done);
    const count = Math.min(length - done, PAGE - Number(address % BigInt(PAGE)));
    const physical = translate(core, address);
    if (physical === undefined || !core.memory.read(physical, bytes.subarray(done, done + count))) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/** @returns false, with nothing written, where some of it is not RAM */
export function writeLinear(core: Cpu, linear: bigint, bytes: Uint8Array): boolean {
  const pieces: { physical: number; part: Uint8Array }[] = [];
  for (let done = 0; done < bytes.length; ) {
    const address = linear + BigInt(done);
    const count = Math.min(bytes.length - done, PAGE - Number(address % BigInt(PAGE)));
    const physical = translate(core, address);
    if (physical === undefined || core.memory.hostAddressForWrite(physical) === 0) return false;
    pieces.push({ physical, part: bytes.subarray(done, done + count) });
    done += count;
  }
  for (const { physical, part } of pieces) core.memory.write(physical, part);
  return true;
}

/** The guest-physical address (SDM 3A 4.3 to 4.5); undefined where nothing is mapped. */
function translate(core: Cpu, linear: bigint): number | undefined {
  const { cr0, cr3, cr4, efer, pdptes } = core.context;
  const isLong = (efer & EFER_LMA) !== 0;
  const address = BigInt.asUintN(isLong ? 64 : 32, linear);
  if ((cr0 & CR0_PG) === 0) return Number(address);
  if (isLong) {
    const levels = (cr4 & CR4_LA57) === 0 ? 4 : 5;
    if (BigInt.asUintN(64, BigInt.asIntN(9 * levels + 12, address)) !== address) return undefined;
    return walk(core, cr3, address, levels);
  }
  if ((cr4 & CR4_PAE) !== 0) {
    const pointer = pdptes[Number(address >> 30n)] as bigint;
    return (pointer & PRESENT) === 0n ? undefined : walk(core, pointer, address, 2);
  }
  return walk32(core, cr3, address, (cr4 & CR4_PSE) !== 0);
}

/** Tables of 512 entries of 8 bytes. */
function walk(core: Cpu, root: bigint, address: bigint, levels: number): number | undefined {
  let table = root & FRAME;
  for (let level = levels - 1; level >= 0; level--) {
    const shift = BigInt(12 + 9 * level);
    const entry = readEntry(core, table + 8n * ((address >> shift) & 511n), 8);
    if (entry === undefined || (entry & PRESENT) === 0n) return undefined;
    const isPage = level === 0 || (level < 3 && (entry & PAGE_SIZE) !== 0n);
    const inside = (1n << shift) - 1n;
    if (isPage) return Number((entry & FRAME & ~inside) | (address & inside));
    table = entry & FRAME;
  }
  return undefined;
}

/** Two tables of 1024 entries of 4 bytes; bits 13 to 20 of a page of 4 MiB are bits 32 to 39 of its address. */
function walk32(core: Cpu, cr3: bigint, address: bigint, large: boolean): number | undefined {
  const directory = readEntry(core, (cr3 & 0xffff_f000n) + 4n * (address >> 22n), 4);
  if (directory === undefined || (directory & PRESENT) === 0n) return undefined;
  if (large && (directory & PAGE_SIZE) !== 0n) {
    const high = (directory >> 13n) & 0xffn;
    return Number((high << 32n) | (directory & 0xffc0_0000n) | (address & 0x3f_ffffn));
  }
  const page = readEntry(core, (directory & 0xffff_f000n) + 4n * ((address >> 12n) & 1023n), 4);
  if (page === undefined || (page & PRESENT) === 0n) return undefined;
  return Number((page & 0xffff_f000n) | (address & 0xfffn));
}

function readEntry(core: Cpu, physical: bigint, bytes: 4 | 8): bigint | undefined {
  const entry = new Uint8Array(8);
  if (!core.memory.read(Number(physical), entry.subarray(0, bytes))) return undefined;
  return new DataView(entry.buffer).getBigUint64(0, true);
}
