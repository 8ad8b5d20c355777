/** The local APIC's registers: at offsets of its page (xAPIC), and as MSRs 800h to 8FFh (x2APIC) (SDM 3A 11.4.1, 11.12.1). */
import { deliveryModes, type InterruptMessage } from './interrupt-message.ts';
import { type LocalApic, LVT_ENTRIES } from './local-apic.ts';

const VERSION = 0x14 | ((LVT_ENTRIES - 1) << 16);
const shorthands = ['none', 'self', 'all', 'others'] as const;

/** A load from the page: 32-bit registers stand on 16-byte boundaries. Between them, zeros. */
export function readApicPage(apic: LocalApic, offset: number, bytes: number): number {
  if ((offset & 15) + bytes > 4) return 0;
  const value = readRegister(apic, offset & 0xff0) ?? illegal(apic);
  const shifted = value >>> ((offset & 3) * 8);
  return bytes === 4 ? shifted : shifted & (2 ** (bytes * 8) - 1);
}

/** Stores that are not aligned 32-bit ones have no effect (SDM 3A 11.4.1). */
export function writeApicPage(apic: LocalApic, offset: number, bytes: number, value: number): void {
  if (bytes !== 4 || (offset & 15) !== 0) return;
  switch (offset) {
    case 0xd0:
      apic.logicalDestination = value;
      break;
    case 0xe0:
      apic.destinationFormat = (value | 0x0fff_ffff) >>> 0;
      break;
    case 0x300:
      apic.command = (apic.command & 0xffff_ffff_0000_0000n) | BigInt(value & 0xccfff);
      apic.sendCommand(commandMessage(apic, Number(apic.command >> 56n)));
      break;
    case 0x310:
      apic.command = (apic.command & 0xffff_ffffn) | (BigInt(value >>> 24) << 56n);
      break;
    default:
      if (!writeRegister(apic, offset, value) && !readOnly.has(offset)) illegal(apic);
  }
}

const readOnly: ReadonlySet<number> = new Set([0x20, 0x30, 0x90, 0xa0, 0xc0, 0x390]);

function illegal(apic: LocalApic): number {
  apic.reportIllegalRegister();
  return 0;
}

/** @returns undefined where reading it is #GP. */
export function readApicMsr(apic: LocalApic, address: number): bigint | undefined {
  const offset = (address & 0xff) << 4;
  if (!apic.isX2) return undefined;
  if (offset === 0x300) return apic.command;
  const writeOnly = offset === 0xb0 || offset === 0x3f0;
  if (writeOnly || offset === 0xe0 || offset === 0x310 || offset === 0xc0 || offset === 0x90) return undefined;
  const value = offset === 0x20 ? apic.id : readRegister(apic, offset);
  return value === undefined ? undefined : BigInt(value >>> 0);
}

/** @returns false where writing it is #GP. */
export function writeApicMsr(apic: LocalApic, address: number, value: bigint): boolean {
  const offset = (address & 0xff) << 4;
  if (!apic.isX2) return false;
  if (offset === 0x300) {
    apic.command = value & 0xffff_ffff_000c_cfffn;
    apic.sendCommand(commandMessage(apic, Number(value >> 32n)));
    return true;
  }
  const low = Number(value & 0xffff_ffffn);
  if (value >> 32n !== 0n) return false;
  if (offset === 0x3f0) {
    apic.sendCommand({ ...commandMessage(apic, 0), vector: low & 0xff, deliveryMode: 'fixed', shorthand: 'self' });
    return low < 256;
  }
  if (((offset === 0xb0 || offset === 0x280) && low !== 0) || offset === 0xe0 || offset === 0xd0) return false;
  return writeRegister(apic, offset, low);
}

/** What xAPIC and x2APIC mode have in common. */
function readRegister(apic: LocalApic, offset: number): number | undefined {
  if (offset >= 0x100 && offset < 0x280) {
    const set = offset < 0x180 ? apic.inService : offset < 0x200 ? apic.levelTriggered : apic.requested;
    return set.words[(offset >> 4) & 7];
  }
  if (offset >= 0x320 && offset < 0x320 + LVT_ENTRIES * 16) return apic.lvt((offset - 0x320) >> 4);
  switch (offset) {
    case 0x20:
      return (apic.id << 24) >>> 0;
    case 0x30:
      return VERSION;
    case 0x80:
      return apic.taskPriority;
    case 0x90:
    case 0xb0:
    case 0xc0:
      return 0;
    case 0xa0:
      return apic.processorPriority;
    case 0xd0:
      return apic.logicalDestination;
    case 0xe0:
      return apic.destinationFormat;
    case 0xf0:
      return apic.spurious;
    case 0x280:
      return apic.errors;
    case 0x300:
      return Number(apic.command & 0xffff_ffffn);
    case 0x310:
      return Number(apic.command >> 32n);
    case 0x380:
      return apic.timer.initialCount;
    case 0x390:
      return apic.timer.currentCount;
    case 0x3e0:
      return apic.timer.divideConfiguration;
    default:
      return undefined;
  }
}

function writeRegister(apic: LocalApic, offset: number, value: number): boolean {
  if (offset >= 0x320 && offset < 0x320 + LVT_ENTRIES * 16) {
    apic.setLvt((offset - 0x320) >> 4, value);
    return true;
  }
  switch (offset) {
    case 0x80:
      apic.taskPriority = value;
      return true;
    case 0xb0:
      apic.endOfInterrupt();
      return true;
    case 0xf0:
      apic.spurious = value;
      return true;
    case 0x280:
      apic.latchErrors();
      return true;
    case 0x380:
      apic.timer.initialCount = value;
      apic.timerChanged();
      return true;
    case 0x3e0:
      apic.timer.divideConfiguration = value;
      apic.timerChanged();
      return true;
    default:
      return false;
  }
}

function commandMessage(apic: LocalApic, destination: number): InterruptMessage {
  const low = Number(apic.command & 0xffff_ffffn);
  return {
    vector: low & 0xff,
    deliveryMode: deliveryModes[(low >> 8) & 7] ?? 'fixed',
    destination,
    destinationMode: (low & 0x800) === 0 ? 'physical' : 'logical',
    trigger: (low & 0x8000) === 0 ? 'edge' : 'level',
    level: (low & 0x4000) !== 0 || ((low >> 8) & 7) !== 5,
    shorthand: shorthands[(low >> 18) & 3] ?? 'none',
    source: apic.id,
  };
}
