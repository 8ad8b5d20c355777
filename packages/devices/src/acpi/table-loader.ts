/**
 * ACPI tables as fw_cfg files, and the script by which firmware places them: allocate, add pointer, add checksum. QEMU's
 * include/hw/acpi/bios-linker-loader.h documents the commands; SeaBIOS and the BIOS of this package follow them.
 */
import type { FwCfgItems } from '../fw-cfg/fw-cfg-items.ts';
import type { AcpiMachine } from './acpi-machine.ts';
import { acpiTables } from './tables.ts';

export const LOADER_ENTRY_BYTES = 128;
export const LOADER_NAME_BYTES = 56;
export const LOADER_ALLOCATE = 1;
export const LOADER_ADD_POINTER = 2;
export const LOADER_ADD_CHECKSUM = 3;
/** Zones of an allocation: anywhere below 4 GiB, or from F0000h to FFFFFh, where the RSDP is looked for. */
const ZONE_HIGH = 1;
const ZONE_FSEG = 2;
const TABLES_FILE = 'etc/acpi/tables';
const RSDP_FILE = 'etc/acpi/rsdp';
const SCRIPT_FILE = 'etc/table-loader';
const TABLE_ALIGNMENT = 64;
const CHECKSUM_AT = 9;
const RSDP_BYTES = 36;
/** Of the first 20 bytes, as ACPI 1.0 had it. */
const RSDP_CHECKSUM_AT = 8;
const RSDP_FIRST_BYTES = 20;
const RSDP_EXTENDED_CHECKSUM_AT = 32;

/** Adds the three files to what fw_cfg offers. */
export function addAcpiTables(items: FwCfgItems, machine: AcpiMachine): void {
  const tables = acpiTables(machine);
  const offsets = new Map<string, number>();
  let size = 0;
  for (const { signature, bytes } of tables) {
    offsets.set(signature, size);
    size = Math.ceil((size + bytes.length) / TABLE_ALIGNMENT) * TABLE_ALIGNMENT;
  }
  const blob = new Uint8Array(size);
  const view = new DataView(blob.buffer);
  const script: number[][] = [allocate(TABLES_FILE, TABLE_ALIGNMENT, ZONE_HIGH), allocate(RSDP_FILE, 16, ZONE_FSEG)];
  for (const { signature, bytes, pointers } of tables) {
    const start = offsets.get(signature) as number;
    blob.set(bytes, start);
    for (const pointer of pointers) {
      // Offsets in the file, to which firmware adds the address of the file.
      view.setUint32(start + pointer.at, offsets.get(pointer.signature) as number, true);
      script.push(addPointer(TABLES_FILE, TABLES_FILE, start + pointer.at, pointer.bytes));
    }
    if (signature !== 'FACS') script.push(addChecksum(TABLES_FILE, start + CHECKSUM_AT, start, bytes.length));
  }
  const rsdp = makeRsdp(offsets.get('RSDT') as number, offsets.get('XSDT') as number);
  script.push(addPointer(RSDP_FILE, TABLES_FILE, 16, 4), addPointer(RSDP_FILE, TABLES_FILE, 24, 8));
  script.push(addChecksum(RSDP_FILE, RSDP_CHECKSUM_AT, 0, RSDP_FIRST_BYTES));
  script.push(addChecksum(RSDP_FILE, RSDP_EXTENDED_CHECKSUM_AT, 0, RSDP_BYTES));
  items.setFile(TABLES_FILE, blob).setFile(RSDP_FILE, rsdp).setFile(SCRIPT_FILE, Uint8Array.from(script.flat()));
}

/** Root system description pointer (ACPI 6.5, 5.2.5.3). */
function makeRsdp(rsdt: number, xsdt: number): Uint8Array {
  const bytes = new Uint8Array(RSDP_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('RSD PTR '));
  bytes.set(new TextEncoder().encode('DRIFT '), 9);
  bytes[15] = 2;
  view.setUint32(16, rsdt, true);
  view.setUint32(20, RSDP_BYTES, true);
  view.setUint32(24, xsdt, true);
  return bytes;
}

function entry(command: number, ...fields: readonly (string | readonly [value: number, bytes: number])[]): number[] {
  const out = word(command, 4);
  for (const field of fields) {
    if (typeof field !== 'string') out.push(...word(...field));
    else out.push(...new TextEncoder().encode(field.padEnd(LOADER_NAME_BYTES, '\0')));
  }
  return [...out, ...new Array<number>(LOADER_ENTRY_BYTES - out.length).fill(0)];
}

const word = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

const allocate = (file: string, alignment: number, zone: number): number[] =>
  entry(LOADER_ALLOCATE, file, [alignment, 4], [zone, 1]);

const addPointer = (file: string, target: string, at: number, bytes: number): number[] =>
  entry(LOADER_ADD_POINTER, file, target, [at, 4], [bytes, 1]);

const addChecksum = (file: string, at: number, start: number, length: number): number[] =>
  entry(LOADER_ADD_CHECKSUM, file, [at, 4], [start, 4], [length, 4]);
