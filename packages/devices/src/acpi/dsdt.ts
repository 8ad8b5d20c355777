/** The DSDT: the PCI root with its windows and interrupt routing, the ISA devices, soft off. */
import type { AcpiMachine } from './acpi-machine.ts';
import { type Aml, device, eisaId, integer, irq, memory, name, pack, ports, resources, scope, window } from './aml.ts';

const PCI_DEVICES = 32;
const PINS = 4;
/** Any function of the device (6.2.13). */
const ANY_FUNCTION = 0xffff;

export function dsdtBody(machine: AcpiMachine): Uint8Array {
  const isa: Aml[] = [
    simple('KBD', 'PNP0303', ports(0x60, 1), ports(0x64, 1), irq(1)),
    simple('MOU', 'PNP0F13', irq(12)),
    simple('RTC', 'PNP0B00', ports(0x70, 2), irq(8)),
    simple('TMR', 'PNP0100', ports(0x40, 4), irq(0)),
  ];
  for (const [index, [base, request]] of SERIAL_PORTS.slice(0, machine.serialPorts).entries()) {
    isa.push(simple(`COM${index + 1}`, 'PNP0501', ports(base, 8), irq(request)));
  }
  if (machine.hpet !== undefined) isa.push(simple('HPET', 'PNP0103', memory(machine.hpet, 1024)));
  const root = device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_CRS', rootResources(machine)),
    name('_PRT', interruptRouting(machine)),
    device('ISA', name('_ADR', integer(0x10000)), ...isa),
  );
  const off = pack(integer(0), integer(0), integer(0), integer(0));
  return Uint8Array.from([...scope('_SB', root), ...name('_S5', off)]);
}

const SERIAL_PORTS = [
  [0x3f8, 4],
  [0x2f8, 3],
] as const;

/** An ISA device with fixed resources. */
function simple(path: string, id: string, ...crs: Aml[]): Aml {
  const unit = path.startsWith('COM') ? Number(path.slice(3)) : 0;
  return device(path, name('_HID', eisaId(id)), name('_UID', integer(unit)), name('_CRS', resources(...crs)));
}

function rootResources({ pciMemory }: AcpiMachine): Aml {
  return resources(
    window('bus', 0, 0xff),
    ports(0xcf8, 8),
    window('port', 0x0000, 0x0cf7),
    window('port', 0x0d00, 0xffff),
    window('memory', 0xa0000, 0xbffff),
    window('memory', pciMemory.first, pciMemory.last),
  );
}

/** Pin p of device d goes to PIRQ (p + d - 1) mod 4; global system interrupts are the ISA numbers. */
function interruptRouting({ pirqs }: AcpiMachine): Aml {
  const entries: Aml[] = [];
  for (let slot = 1; slot < PCI_DEVICES; slot++) {
    for (let pin = 0; pin < PINS; pin++) {
      const interrupt = pirqs[(pin + slot + PINS - 1) % PINS] as number;
      const address = slot * 0x10000 + ANY_FUNCTION;
      entries.push(pack(integer(address), integer(pin), integer(0), integer(interrupt)));
    }
  }
  return pack(...entries);
}
