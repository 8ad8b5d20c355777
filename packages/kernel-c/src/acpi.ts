/** ACPI tables on the host: the parser that Thread/C runs, over bytes. */
import { HOST_DATA_END, HostPieceError, instantiateHostModule } from './host-module.ts';

export interface AcpiImage {
  /** Physical address of the first byte; at least HOST_DATA_END. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Physical address of the RSDP within it. */
  readonly rsdp: number;
}

export interface IoApic {
  readonly address: number;
  /** First global system interrupt. */
  readonly base: number;
}

export interface AcpiTables {
  /** Signature of each table that the root lists; `undefined` where it is damaged. */
  readonly tables: readonly (string | undefined)[];
  /** APIC ids of enabled processors. */
  readonly processors: readonly number[];
  readonly localApic: bigint;
  readonly ioApics: readonly IoApic[];
  /** For each ISA interrupt: where it arrives, and its MPS INTI flags. */
  readonly isa: readonly { readonly interrupt: number; readonly flags: number }[];
  /** SLP_TYP values of S5; `undefined` where the DSDT does not say. */
  readonly powerOff: readonly [number, number] | undefined;
}

interface Exports {
  acpiInitialize(rsdp: number, mapper: number): number;
  acpiTables(): number;
  acpiTable(index: number): number;
  acpiFind(signature: number): number;
  madtRead(madt: number): void;
  processorTotal(): number;
  processorApicId(index: number): number;
  localApicAddress(): bigint;
  ioApicCount(): number;
  ioApicAddress(index: number): number;
  ioApicBase(index: number): number;
  isaInterrupt(irq: number): number;
  isaFlags(irq: number): number;
  powerInitialize(fadt: number): void;
  powerOffKnown(): number;
  sleepTypes(): number;
}

const ISA_INTERRUPTS = 16;

/**
 * Reads the tables.
 *
 * @param wasm dist/host.wasm of this package, as bytes or compiled.
 * @throws HostPieceError HOST_ARGUMENT when the image is not where the host has memory for it.
 */
export async function readAcpiTables(wasm: BufferSource | WebAssembly.Module, image: AcpiImage): Promise<AcpiTables> {
  if (image.address < HOST_DATA_END) {
    throw new HostPieceError(
      'HOST_ARGUMENT',
      `ACPI tables on the host begin at 0x${HOST_DATA_END.toString(16)} or above.`,
    );
  }
  const { exports, view } = await instantiateHostModule<Exports>(wasm, image.address + image.bytes.length + 65536);
  new Uint8Array(view.buffer).set(image.bytes, image.address);
  exports.acpiInitialize(image.rsdp, 0);
  exports.madtRead(exports.acpiFind(signature('APIC')));
  exports.powerInitialize(exports.acpiFind(signature('FACP')));
  const list = <T>(length: number, item: (index: number) => T): T[] =>
    Array.from({ length }, (_, index) => item(index));
  const types = exports.sleepTypes();
  return {
    tables: list(exports.acpiTables(), (index) => {
      const at = exports.acpiTable(index);
      return at === 0 ? undefined : String.fromCharCode(...list(4, (byte) => view.getUint8(at + byte)));
    }),
    processors: list(exports.processorTotal(), (index) => exports.processorApicId(index) >>> 0),
    localApic: exports.localApicAddress(),
    ioApics: list(exports.ioApicCount(), (index) => ({
      address: exports.ioApicAddress(index) >>> 0,
      base: exports.ioApicBase(index),
    })),
    isa: list(ISA_INTERRUPTS, (irq) => ({ interrupt: exports.isaInterrupt(irq), flags: exports.isaFlags(irq) })),
    powerOff: exports.powerOffKnown() === 0 ? undefined : [types & 0xff, types >> 8],
  };
}

function signature(text: string): number {
  return new DataView(new TextEncoder().encode(text).buffer).getUint32(0, true);
}
