/**
 * Custody of ranges. Device memory (the VGA text screen, a frame buffer) is Thread/C's until an instance takes it; pages are
 * their owner's. Both pass from instance to instance by message. With protection on, only the holder's worker has a range
 * mapped; the answer to a request is sent when every worker has dropped its old mapping.
 */
import { CustodyArrived } from '@drift-os/abi/assembly/generated/control';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { STATUS_HELD, STATUS_NOT_YOURS, STATUS_OK, STATUS_TOO_MANY } from '@drift-os/abi/layout/messages';
import { OWNER_MASK, PROTECTION_HELD, PROTECTION_READ, PROTECTION_WRITE } from '../layout/ledger';
import { controlReserve, controlSend } from './control-stream';
import { ownerOfInstance, workerOfInstance } from './instance-table';
import { ledgerChange, ledgerEntry, ledgerLookup, ledgerPurpose } from './ledger';
import { protect, protectFor } from './mapping';
import { vgaSetOwned } from './vga';
import { workerRoot } from './workers';

const READ_WRITE: u32 = PROTECTION_READ | PROTECTION_WRITE;
const PAGE: u64 = PAGE_BYTES;
const LEGACY_VIDEO: u64 = 0xa0000;
const VGA_TEXT_START: u64 = 0xb8000;
const VGA_TEXT_END: u64 = 0xc0000;
const LEGACY_VIDEO_END: u64 = 0xc0000;

/** Held device ranges: u64 start, u64 end (whole pages), u32 instance, u32 zero. */
const RANGES: u32 = 64;
const BYTES: u32 = 24;
const ranges: usize = memory.data(RANGES * BYTES, 8);
let protection: bool = true;

/** Whether ranges that change hands from now on are mapped for their holder alone. */
export function custodySetProtection(value: bool): void {
  protection = value;
}

export function custodyRanges(): u32 {
  return RANGES;
}

/** Instance that holds range `index`; 0: that place is empty. */
export function custodyHolder(index: u32): u32 {
  return load<u32>(ranges + index * BYTES, 16);
}

export function custodyStart(index: u32): u64 {
  return load<u64>(ranges + index * BYTES);
}

export function custodyEnd(index: u32): u64 {
  return load<u64>(ranges + index * BYTES, 8);
}

function mapFor(instance: u32, start: u64, end: u64): void {
  if (!protection) return;
  protectFor(workerRoot(workerOfInstance(instance)), start / PAGE, (end - start) / PAGE, READ_WRITE);
}

function isScreen(start: u64, end: u64): bool {
  return start < VGA_TEXT_END && end > VGA_TEXT_START;
}

/** Gives an instance a range of device memory that nobody holds. Only the legacy video window is on offer. */
export function custodyTake(instance: u32, address: u64, bytes: u64): u32 {
  const start = address & ~(PAGE - 1);
  const end = (address + bytes + PAGE - 1) & ~(PAGE - 1);
  if (bytes == 0 || start < LEGACY_VIDEO || end > LEGACY_VIDEO_END || end <= start) return STATUS_NOT_YOURS;
  let place: i32 = -1;
  for (let i: u32 = 0; i < RANGES; i++) {
    if (custodyHolder(i) == 0) {
      if (place < 0) place = i;
    } else if (start < custodyEnd(i) && end > custodyStart(i)) return STATUS_HELD;
  }
  if (place < 0) return STATUS_TOO_MANY;
  const record = ranges + place * BYTES;
  store<u64>(record, start);
  store<u64>(record, end, 8);
  store<u32>(record, instance, 16);
  if (isScreen(start, end)) vgaSetOwned(false);
  mapFor(instance, start, end);
  return STATUS_OK;
}

/** Thread/C has the range again; it is mapped for everybody, as at the start. */
function giveBack(record: usize): void {
  const start = load<u64>(record);
  const end = load<u64>(record, 8);
  store<u32>(record, 0, 16);
  protect(start / PAGE, (end - start) / PAGE, READ_WRITE);
  if (isScreen(start, end)) vgaSetOwned(true);
}

/** Passes a range that the giver holds, or whole pages that it owns, to another instance (0: to Thread/C). */
export function custodyGive(giver: u32, address: u64, bytes: u64, to: u32): u32 {
  if (to != 0 && workerOfInstance(to) == 0) return STATUS_NOT_YOURS;
  for (let i: u32 = 0; i < RANGES; i++) {
    const record = ranges + i * BYTES;
    if (custodyHolder(i) != giver || custodyStart(i) != (address & ~(PAGE - 1))) continue;
    if (to == 0) {
      giveBack(record);
      return STATUS_OK;
    }
    store<u32>(record, to, 16);
    mapFor(to, custodyStart(i), custodyEnd(i));
    arrived(giver, address, bytes, to);
    return STATUS_OK;
  }
  return givePages(giver, address, bytes, to);
}

function givePages(giver: u32, address: u64, bytes: u64, to: u32): u32 {
  const page = address / PAGE;
  const count = bytes / PAGE;
  if (to == 0 || count == 0 || address % PAGE != 0 || bytes % PAGE != 0) return STATUS_NOT_YOURS;
  const owner = ownerOfInstance(giver);
  for (let i: u64 = 0; i < count; i++) {
    const entry = ledgerLookup(page + i);
    if (entry < 0 || (<u32>entry & OWNER_MASK) != owner) return STATUS_NOT_YOURS;
  }
  const held: u32 = protection ? PROTECTION_HELD : 0;
  for (let i: u64 = 0; i < count; i++) {
    const purpose = ledgerPurpose(<u32>ledgerLookup(page + i));
    ledgerChange(page + i, 1, owner, ledgerEntry(ownerOfInstance(to), purpose, READ_WRITE | held));
  }
  mapFor(to, address, address + bytes);
  arrived(giver, address, bytes, to);
  return STATUS_OK;
}

function arrived(giver: u32, address: u64, bytes: u64, to: u32): void {
  const worker = workerOfInstance(to);
  const message = CustodyArrived.at(controlReserve(worker, CustodyArrived.BYTES));
  message.address = address;
  message.bytes = bytes;
  message.instance = to;
  message.giver = giver;
  controlSend(worker, CustodyArrived.BYTES, CustodyArrived.ID);
}

/** Everything that an instance holds goes back to Thread/C. Its pages go back through the ledger. */
export function custodyInstanceEnded(instance: u32): void {
  for (let i: u32 = 0; i < RANGES; i++) if (custodyHolder(i) == instance) giveBack(ranges + i * BYTES);
}
