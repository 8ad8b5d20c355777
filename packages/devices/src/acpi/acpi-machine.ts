/** What ACPI tables tell of a machine. */
export interface AcpiMachine {
  /** Local APIC IDs of the cores that are there. */
  readonly apicIds: readonly number[];
  readonly ioApic: { readonly id: number; readonly address: number };
  /** I/O port of the power management block, where firmware puts it. */
  readonly pmBase: number;
  /** Memory for PCI devices below 4 GiB: from the end of RAM to below the I/O APIC. */
  readonly pciMemory: { readonly first: number; readonly last: number };
  /** Address of the HPET, where there is one. */
  readonly hpet?: number;
  /** Serial ports at 3F8h and 2F8h: 0 to 2. */
  readonly serialPorts: number;
  /** ISA interrupts to which PIRQA to PIRQD are routed. */
  readonly pirqs: readonly [number, number, number, number];
}
