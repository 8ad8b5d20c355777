/**
 * ACPI tables (ACPI 6.5, 5.2): finds them, verifies their checksums, and takes out what Drift uses. Tables above 4 GiB are
 * not read; firmware puts them below.
 */
import { printBytes, print, printHex, newline } from './print';

const RSDP_BYTES: u32 = 20;
const HEADER_BYTES: u32 = 36;
const BIOS_START: usize = 0xe0000;
const BIOS_END: usize = 0x100000;
/** Segment of the extended BIOS data area. In page 0: to be read before that is unmapped. */
const EBDA_SEGMENT_AT: usize = 0x40e;
/** Longest table that is believed. */
const TABLE_LIMIT: u32 = 16 << 20;

/** `RSD PTR `, and table signatures, as little-endian words. */
const SIGNATURE_RSDP: u64 = 0x2052_5450_2044_5352;
export const SIGNATURE_MADT: u32 = 0x4349_5041; // APIC
export const SIGNATURE_FADT: u32 = 0x5043_4146; // FACP
export const SIGNATURE_HPET: u32 = 0x5445_5048; // HPET

let root: usize = 0;
let rootEntryBytes: u32 = 4;
/** Table index of a `(address: u64, bytes: u64) => void` that makes firmware memory readable; 0: all of it is. */
let mapper: u32 = 0;

function checksum(address: usize, bytes: u32): u8 {
  let sum: u8 = 0;
  for (let i: u32 = 0; i < bytes; i++) sum += load<u8>(address + i);
  return sum;
}

function isRsdp(address: usize): bool {
  return load<u64>(address) == SIGNATURE_RSDP && checksum(address, RSDP_BYTES) == 0;
}

/** Looks for the RSDP where a BIOS leaves it (5.2.5.1). @returns its address or 0. */
export function acpiFindRsdp(): usize {
  const ebda = (<usize>load<u16>(EBDA_SEGMENT_AT)) << 4;
  if (ebda >= 0x80000 && ebda < 0xa0000) {
    const end = min<usize>(ebda + 1024, 0xa0000);
    for (let at = ebda; at < end; at += 16) if (isRsdp(at)) return at;
  }
  for (let at = BIOS_START; at < BIOS_END; at += 16) if (isRsdp(at)) return at;
  return 0;
}

function readable(address: u64, bytes: u64): bool {
  if (address == 0 || address + bytes > 0xffff_ffff) return false;
  if (mapper != 0) call_indirect<void>(mapper, address, bytes);
  return true;
}

/** The table at an address if its length and checksum are right, else 0. */
function table(address: u64): usize {
  if (!readable(address, HEADER_BYTES)) return 0;
  const at = <usize>address;
  const bytes = load<u32>(at, 4);
  if (bytes < HEADER_BYTES || bytes > TABLE_LIMIT || !readable(address, bytes) || checksum(at, bytes) != 0) return 0;
  return at;
}

/** Chooses the XSDT, or the RSDT where there is none. @returns false if neither is right. */
export function acpiInitialize(rsdp: usize, mapperIndex: u32): bool {
  mapper = mapperIndex;
  root = 0;
  if (rsdp == 0) return false;
  const revision = load<u8>(rsdp, 15);
  if (revision >= 2 && checksum(rsdp, 36) == 0) {
    root = table(load<u64>(rsdp, 24));
    rootEntryBytes = 8;
  }
  if (root == 0) {
    root = table(load<u32>(rsdp, 16));
    rootEntryBytes = 4;
  }
  return root != 0;
}

/** Number of tables that the root lists. */
export function acpiTables(): u32 {
  return root == 0 ? 0 : (load<u32>(root, 4) - HEADER_BYTES) / rootEntryBytes;
}

/** A table of the root's list; 0 where it is damaged. */
export function acpiTable(index: u32): usize {
  const entry = root + HEADER_BYTES + index * rootEntryBytes;
  return table(rootEntryBytes == 8 ? load<u64>(entry) : <u64>load<u32>(entry));
}

/** First good table with a signature, or 0. */
export function acpiFind(signature: u32): usize {
  for (let i: u32 = 0; i < acpiTables(); i++) {
    const found = acpiTable(i);
    if (found != 0 && load<u32>(found) == signature) return found;
  }
  return 0;
}

/** The DSDT that a FADT names, or 0. */
export function acpiDsdt(fadt: usize): usize {
  const bytes = load<u32>(fadt, 4);
  const wide = bytes >= 148 ? table(load<u64>(fadt, 140)) : 0;
  return wide != 0 ? wide : table(load<u32>(fadt, 40));
}

/** One line for each table: signature, address, length. */
export function acpiPrint(): void {
  for (let i: u32 = 0; i < acpiTables(); i++) {
    const found = acpiTable(i);
    if (found == 0) {
      print('(damaged)');
    } else {
      printBytes(found, 4);
      print(' at ');
      printHex(found, 8);
    }
    newline();
  }
}
