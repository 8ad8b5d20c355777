/** The pieces of Thread/C that programs on the host use: memory map, page ledger, ACPI tables, timers. See src/. */
export { e820Normalize, regionCount, regionEnd, regionStart, regionType, usableBytes } from './e820';
export {
  ledgerAllocate,
  ledgerChange,
  ledgerClaim,
  ledgerEntry,
  ledgerFree,
  ledgerFreePages,
  ledgerInitialize,
  ledgerLargestFree,
  ledgerLookup,
  ledgerMetadataBytes,
  ledgerTotal,
} from './ledger';
export {
  ledgerCheck,
  ledgerCheckPage,
  ledgerFragmentBytes,
  ledgerRun,
  ledgerRunEntry,
  ledgerRunPages,
} from './ledger-walk';
export { acpiDsdt, acpiFind, acpiInitialize, acpiTable, acpiTables } from './acpi';
export {
  ioApicAddress,
  ioApicBase,
  ioApicCount,
  isaFlags,
  isaInterrupt,
  localApicAddress,
  madtRead,
  processorApicId,
  processorTotal,
} from './madt';
export { powerInitialize, powerOffKnown, sleepTypes } from './power';
export { timerCancel, timerStart, timersNext, timersRun } from './timers';
export { scanCode, keyboardRead } from './keyboard';
export { rtcSeconds } from './rtc';
import { notify } from './host-import';

/** Table index of a timer callback that tells the host. */
export function notifier(): u32 {
  return notify.index;
}
