/** The machine around core 0, from its ACPI tables: interrupt controllers, clock, power. In this order. */
import { SIGNATURE_FADT, SIGNATURE_MADT, acpiFind, acpiInitialize } from './acpi';
import { clockInitialize } from './clock';
import { ioApicInitialize } from './io-apic';
import { localApicInitialize } from './local-apic';
import { madtRead } from './madt';
import { mapFirmware } from './mapping';
import { picMask } from './pic';
import { powerInitialize } from './power';

/** `rsdp` as `acpiFindRsdp` found it; 0: a machine without ACPI has one processor and is polled. */
export function platformInitialize(rsdp: usize): void {
  acpiInitialize(rsdp, mapFirmware.index);
  madtRead(acpiFind(SIGNATURE_MADT));
  picMask();
  localApicInitialize();
  ioApicInitialize();
  const fadt = acpiFind(SIGNATURE_FADT);
  clockInitialize(fadt == 0 ? 0 : <u16>load<u32>(fadt, 76));
  powerInitialize(fadt);
}
