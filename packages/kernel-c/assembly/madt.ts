/** The MADT (ACPI 6.5, 5.2.12): which processors, I/O APICs and ISA interrupt routes there are. */
const ENTRIES_AT: u32 = 44;
const TYPE_LOCAL_APIC: u8 = 0;
const TYPE_IO_APIC: u8 = 1;
const TYPE_OVERRIDE: u8 = 2;
const TYPE_LOCAL_APIC_ADDRESS: u8 = 5;
const TYPE_LOCAL_X2APIC: u8 = 9;
const FLAG_ENABLED: u32 = 1;

const PROCESSORS: u32 = 256;
const processors: usize = memory.data(PROCESSORS * 4, 4);
let processorCount: u32 = 0;
let apicAddress: u64 = 0xfee0_0000;

/** u32 address, u32 first global system interrupt */
const IO_APICS: u32 = 16;
const ioApics: usize = memory.data(IO_APICS * 8, 4);
let ioApicTotal: u32 = 0;

/** For each ISA interrupt: u32 global system interrupt, u32 MPS INTI flags. */
const ISA_INTERRUPTS: u32 = 16;
const routes: usize = memory.data(ISA_INTERRUPTS * 8, 4);

function addProcessor(id: u32, flags: u32): void {
  if ((flags & FLAG_ENABLED) == 0 || processorCount == PROCESSORS) return;
  for (let i: u32 = 0; i < processorCount; i++) if (processorApicId(i) == id) return;
  store<u32>(processors + processorCount++ * 4, id);
}

/** Reads a MADT; 0 stands for none: no processors but this one, no I/O APIC. */
export function madtRead(madt: usize): void {
  processorCount = 0;
  ioApicTotal = 0;
  for (let i: u32 = 0; i < ISA_INTERRUPTS; i++) store<u64>(routes + i * 8, i);
  if (madt == 0) return;
  apicAddress = load<u32>(madt, 36);
  const end = madt + load<u32>(madt, 4);
  for (let at = madt + ENTRIES_AT; at + 2 <= end; ) {
    const type = load<u8>(at);
    const bytes = load<u8>(at, 1);
    if (bytes < 2 || at + bytes > end) return;
    if (type == TYPE_LOCAL_APIC && bytes >= 8) {
      addProcessor(load<u8>(at, 3), load<u32>(at, 4));
    } else if (type == TYPE_LOCAL_X2APIC && bytes >= 16) {
      addProcessor(load<u32>(at, 4), load<u32>(at, 8));
    } else if (type == TYPE_IO_APIC && bytes >= 12 && ioApicTotal < IO_APICS) {
      store<u64>(ioApics + ioApicTotal++ * 8, load<u64>(at, 4));
    } else if (type == TYPE_OVERRIDE && bytes >= 10 && load<u8>(at, 3) < ISA_INTERRUPTS) {
      const route = routes + <u32>load<u8>(at, 3) * 8;
      store<u32>(route, load<u32>(at, 4));
      store<u32>(route, load<u16>(at, 8), 4);
    } else if (type == TYPE_LOCAL_APIC_ADDRESS && bytes >= 12) {
      apicAddress = load<u64>(at, 4);
    }
    at += bytes;
  }
}

/** Enabled processors, the one that runs this included. */
export function processorTotal(): u32 {
  return processorCount;
}

export function processorApicId(index: u32): u32 {
  return load<u32>(processors + index * 4);
}

/** Where the local APICs' registers are. */
export function localApicAddress(): u64 {
  return apicAddress;
}

export function ioApicCount(): u32 {
  return ioApicTotal;
}

export function ioApicAddress(index: u32): u32 {
  return load<u32>(ioApics + index * 8);
}

/** First global system interrupt of an I/O APIC. */
export function ioApicBase(index: u32): u32 {
  return load<u32>(ioApics + index * 8, 4);
}

/** Global system interrupt that an ISA interrupt (0 to 15) arrives as. */
export function isaInterrupt(irq: u32): u32 {
  return load<u32>(routes + irq * 8);
}

/** Its MPS INTI flags (table 5.26): polarity in bits 0-1, trigger mode in bits 2-3; 0: as on the ISA bus. */
export function isaFlags(irq: u32): u32 {
  return load<u32>(routes + irq * 8, 4);
}
