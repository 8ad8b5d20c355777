/** The time registers of an MC146818: BCD or binary, 12 or 24 hours; the century is at 32h, where PC firmware keeps it. */

const BINARY = 0x04;
const HOURS_24 = 0x02;
const CENTURY = 0x32;
const PM = 0x80;
/** An alarm byte with both upper bits set matches any value (data sheet, "don't care"). */
const ANY = 0xc0;

/** Seconds, minutes, hours, day of week, day, month, year, and century; the alarms between them are plain memory. */
export function isTimeRegister(index: number): boolean {
  return index === 0 || index === 2 || index === 4 || (index >= 6 && index <= 9) || index === CENTURY;
}

const encode = (value: number, control: number): number =>
  (control & BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);

const decode = (value: number, control: number): number =>
  (control & BINARY) !== 0 ? value : (value >> 4) * 10 + (value & 15);

function encodeHours(hours: number, control: number): number {
  if ((control & HOURS_24) !== 0) return encode(hours, control);
  return encode(hours % 12 === 0 ? 12 : hours % 12, control) | (hours >= 12 ? PM : 0);
}

function decodeHours(value: number, control: number): number {
  if ((control & HOURS_24) !== 0) return decode(value, control);
  return (decode(value & 0x7f, control) % 12) + ((value & PM) !== 0 ? 12 : 0);
}

/** Unix time in seconds into the registers; `control` is register B. */
export function encodeTime(bytes: Uint8Array, unixSecond: number, control: number): void {
  const date = new Date(unixSecond * 1000);
  bytes[0] = encode(date.getUTCSeconds(), control);
  bytes[2] = encode(date.getUTCMinutes(), control);
  bytes[4] = encodeHours(date.getUTCHours(), control);
  bytes[6] = encode(date.getUTCDay() + 1, control);
  bytes[7] = encode(date.getUTCDate(), control);
  bytes[8] = encode(date.getUTCMonth() + 1, control);
  bytes[9] = encode(date.getUTCFullYear() % 100, control);
  bytes[CENTURY] = encode(Math.floor(date.getUTCFullYear() / 100) % 100, control);
}

/** The registers as Unix time in seconds; fields out of range carry over. */
export function decodeTime(bytes: Uint8Array, control: number): number {
  const field = (index: number): number => decode(bytes[index] as number, control);
  const year = field(CENTURY) * 100 + field(9);
  const date = new Date(0);
  date.setUTCFullYear(year, field(8) - 1, field(7));
  date.setUTCHours(decodeHours(bytes[4] as number, control), field(2), field(0));
  return Math.floor(date.getTime() / 1000);
}

export function alarmMatches(bytes: Uint8Array, unixSecond: number, control: number): boolean {
  const time = ((unixSecond % 86_400) + 86_400) % 86_400;
  const matches = (index: number, value: number): boolean => {
    const alarm = bytes[index] as number;
    return (alarm & ANY) === ANY || alarm === value;
  };
  return (
    matches(1, encode(time % 60, control)) &&
    matches(3, encode(Math.floor(time / 60) % 60, control)) &&
    matches(5, encodeHours(Math.floor(time / 3600), control))
  );
}
