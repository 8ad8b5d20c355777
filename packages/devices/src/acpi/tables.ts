/** The ACPI tables of a machine, with gaps for the addresses that firmware will give them. ACPI 6.5, chapter 5. */
import { ACPI_DISABLE, ACPI_ENABLE } from '../pci/piix4-pm.ts';
import type { AcpiMachine } from './acpi-machine.ts';
import { dsdtBody } from './dsdt.ts';

const HEADER_BYTES = 36;
const LOCAL_APIC_ADDRESS = 0xfee00000;
const SCI = 9;
const APM_CONTROL = 0xb2;
const RESET_CONTROL = 0xcf9;
const HARD_RESET = 0x06;
/** Flags of an interrupt source override: active high, level triggered. */
const LEVEL_HIGH = 0x000d;
const FADT_WBINVD = 1 << 0;
const FADT_C1 = 1 << 2;
const FADT_SLEEP_BUTTON_IS_DEVICE = 1 << 5;
const FADT_RESET_SUPPORTED = 1 << 10;
/** No C2 or C3 state (5.2.9, P_LVL2_LAT). */
const NO_C2 = 0xfff;
const NO_C3 = 0xfff;

export interface AcpiTable {
  readonly signature: string;
  /** Header and body; length is filled in, the checksum is not. */
  readonly bytes: Uint8Array;
  /** Where the address of another table belongs. */
  readonly pointers: readonly { readonly at: number; readonly bytes: 4 | 8; readonly signature: string }[];
}

/** All tables but RSDP; RSDT and XSDT come last and point to the others. */
export function acpiTables(machine: AcpiMachine): AcpiTable[] {
  const tables = [facs(), table('DSDT', 2, dsdtBody(machine)), fadt(machine), madt(machine)];
  if (machine.hpet !== undefined) tables.push(hpet(machine.hpet));
  const listed = tables.map(({ signature }) => signature).filter((each) => each !== 'FACS' && each !== 'DSDT');
  tables.push(root('RSDT', listed, 4), root('XSDT', listed, 8));
  return tables;
}

function root(signature: string, listed: readonly string[], bytes: 4 | 8): AcpiTable {
  const made = table(signature, 1, new Uint8Array(listed.length * bytes));
  const pointers = listed.map((each, i) => ({ at: HEADER_BYTES + i * bytes, bytes, signature: each }));
  return { ...made, pointers };
}

function table(signature: string, revision: number, body: Uint8Array): AcpiTable {
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  const ascii = (at: number, value: string): void => bytes.set(new TextEncoder().encode(value), at);
  ascii(0, signature);
  view.setUint32(4, bytes.length, true);
  bytes[8] = revision;
  ascii(10, 'DRIFT ');
  ascii(16, 'DRIFTPC ');
  view.setUint32(24, 1, true);
  ascii(28, 'DRFT');
  view.setUint32(32, 1, true);
  bytes.set(body, HEADER_BYTES);
  return { signature, bytes, pointers: [] };
}

/** Firmware ACPI control structure (5.2.10); it has no checksum. */
function facs(): AcpiTable {
  const bytes = new Uint8Array(64);
  bytes.set(new TextEncoder().encode('FACS'));
  bytes[4] = bytes.length;
  return { signature: 'FACS', bytes, pointers: [] };
}

/** Fixed ACPI description table of revision 3 (5.2.9): the PIIX4's power management block. */
function fadt({ pmBase }: AcpiMachine): AcpiTable {
  const made = table('FACP', 3, new Uint8Array(244 - HEADER_BYTES));
  const view = new DataView(made.bytes.buffer);
  const port = (at: number, base: number, generic: number, bytes: number): void => {
    view.setUint32(at, base, true);
    address(view, generic, base, bytes);
  };
  view.setUint16(46, SCI, true);
  view.setUint32(48, APM_CONTROL, true);
  view.setUint8(52, ACPI_ENABLE);
  view.setUint8(53, ACPI_DISABLE);
  port(56, pmBase, 148, 4);
  port(64, pmBase + 4, 172, 2);
  port(76, pmBase + 8, 208, 4);
  view.setUint8(88, 4);
  view.setUint8(89, 2);
  view.setUint8(91, 4);
  view.setUint16(96, NO_C2, true);
  view.setUint16(98, NO_C3, true);
  view.setUint8(108, 0x32);
  // Legacy devices, and an 8042 (5.2.9.3).
  view.setUint16(109, 0x0003, true);
  view.setUint32(112, FADT_WBINVD | FADT_C1 | FADT_SLEEP_BUTTON_IS_DEVICE | FADT_RESET_SUPPORTED, true);
  address(view, 116, RESET_CONTROL, 1);
  view.setUint8(128, HARD_RESET);
  const pointers = [
    { at: 36, bytes: 4, signature: 'FACS' },
    { at: 40, bytes: 4, signature: 'DSDT' },
    { at: 140, bytes: 8, signature: 'DSDT' },
  ] as const;
  return { ...made, pointers };
}

/** Generic address structure (5.2.3.2) of an I/O port. */
function address(view: DataView, at: number, port: number, bytes: number): void {
  view.setUint8(at, 1);
  view.setUint8(at + 1, bytes * 8);
  view.setUint8(at + 3, { 1: 1, 2: 2, 4: 3 }[bytes] ?? 0);
  view.setUint32(at + 4, port, true);
}

/** Multiple APIC description table (5.2.12). */
function madt({ apicIds, ioApic, pirqs }: AcpiMachine): AcpiTable {
  const body = [...dword(LOCAL_APIC_ADDRESS), 1, 0, 0, 0];
  for (const [index, id] of apicIds.entries()) body.push(0, 8, index, id, 1, 0, 0, 0);
  body.push(1, 12, ioApic.id, 0, ...dword(ioApic.address), 0, 0, 0, 0);
  // The timer's request is at input 2; what PCI devices and the SCI use is level triggered.
  body.push(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);
  for (const request of new Set([SCI, ...pirqs])) {
    body.push(2, 10, 0, request, request, 0, 0, 0, LEVEL_HIGH & 0xff, LEVEL_HIGH >> 8);
  }
  // LINT1 of every core is NMI.
  body.push(4, 6, 0xff, 0, 0, 1);
  return table('APIC', 1, Uint8Array.from(body));
}

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** HPET description table (IA-PC HPET specification 1.0a, 3.2.4). */
function hpet(base: number): AcpiTable {
  const body = new Uint8Array(20);
  const view = new DataView(body.buffer);
  view.setUint32(0, 0x8086a201, true);
  view.setUint32(8, base, true);
  return table('HPET', 1, body);
}
