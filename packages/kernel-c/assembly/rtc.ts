/** The wall clock: MC146818 real-time clock, read twice until it does not change under us. Taken to be UTC. */
import { inb, outb } from '@drift-os/abi/assembly/generated/cpu';

const INDEX: u16 = 0x70;
const DATA: u16 = 0x71;
const STATUS_A: u8 = 0x0a;
const STATUS_B: u8 = 0x0b;
const UPDATE_IN_PROGRESS: u8 = 0x80;
const BINARY: u8 = 0x04;
const HOURS_24: u8 = 0x02;
const PM: u8 = 0x80;
const PATIENCE: i32 = 100_000;

function register(index: u8): u8 {
  outb(INDEX, index);
  return inb(DATA);
}

function number(value: u8, status: u8): u32 {
  return status & BINARY ? value : (value >> 4) * 10 + (value & 15);
}

/** Days from 1970-01-01 to a date of the Gregorian calendar, after H. Hinnant's days_from_civil. */
function days(year: u32, month: u32, day: u32): u32 {
  const y = month <= 2 ? year - 1 : year;
  const era = y / 400;
  const yearOfEra = y - era * 400;
  const dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

function readOnce(): u64 {
  for (let i = 0; i < PATIENCE && (register(STATUS_A) & UPDATE_IN_PROGRESS) != 0; i++) {}
  const status = register(STATUS_B);
  const second = number(register(0), status);
  const minute = number(register(2), status);
  const rawHour = register(4);
  let hour = number(rawHour & ~PM, status);
  if ((status & HOURS_24) == 0) hour = (hour % 12) + (rawHour & PM ? 12 : 0);
  const date = days(2000 + number(register(9), status), number(register(8), status), number(register(7), status));
  return <u64>date * 86400 + hour * 3600 + minute * 60 + second;
}

/** Seconds since 1970-01-01 00:00. */
export function rtcSeconds(): u64 {
  let before = readOnce();
  for (let i = 0; i < 10; i++) {
    const after = readOnce();
    if (after == before) break;
    before = after;
  }
  return before;
}
