/** Lines for Thread/C's log. */
import { Log } from '@drift-os/abi/assembly/generated/application';
import { LOG_INFORMATION, LOG_TEXT_LIMIT } from '@drift-os/abi/layout/messages';
import { reserve, send } from './outbox';

/** Characters that make at most LOG_TEXT_LIMIT bytes of UTF-8, whatever they are. */
const SAFE_CHARACTERS: i32 = LOG_TEXT_LIMIT / 3;

/** Writes a line; what is longer than LOG_TEXT_LIMIT bytes goes on in the next. Nothing is allocated. */
export function log(text: string, level: u32 = LOG_INFORMATION): void {
  const whole = String.UTF8.byteLength(text) <= LOG_TEXT_LIMIT;
  const step = whole ? text.length : SAFE_CHARACTERS;
  let from = 0;
  do {
    const at = reserve(Log.BYTES + LOG_TEXT_LIMIT);
    const message = Log.at(at);
    message.level = level;
    const count = min(step, text.length - from);
    const bytes = String.UTF8.encodeUnsafe(changetype<usize>(text) + ((<usize>from) << 1), count, message.text);
    send(Log.BYTES + <u32>bytes, Log.ID);
    from += step;
  } while (from < text.length);
}

const buffer: usize = memory.data(LOG_TEXT_LIMIT);
let length: u32 = 0;

/**
 * A line put together from parts, without allocating: `line().text('took ').number(n).text(' us').log()`. One at a time; what does not
 * fit is cut.
 */
@unmanaged
export class Line {
  text(part: string): Line {
    for (let i = 0; i < part.length; i++) this.character(part.charCodeAt(i));
    return this;
  }

  /** ASCII; anything else becomes a question mark. */
  character(code: i32): Line {
    this.byte(code < 128 ? <u8>code : 63);
    return this;
  }

  /** `digits` at least, with zeros in front. */
  number(value: u64, digits: u32 = 1): Line {
    let divisor: u64 = 1;
    for (let width: u32 = 1; width < digits || value / divisor >= 10; width++) divisor *= 10;
    for (; divisor != 0; divisor /= 10) this.byte(<u8>(48 + ((value / divisor) % 10)));
    return this;
  }

  hexadecimal(value: u64): Line {
    this.text('0x');
    let shift: i32 = 60 - (<i32>clz(value | 1) & ~3);
    for (; shift >= 0; shift -= 4) {
      const digit = <u8>((value >> shift) & 15);
      this.byte(digit < 10 ? 48 + digit : 87 + digit);
    }
    return this;
  }

  log(level: u32 = LOG_INFORMATION): void {
    const message = Log.at(reserve(Log.BYTES + length));
    message.level = level;
    memory.copy(message.text, buffer, length);
    send(Log.BYTES + length, Log.ID);
  }

  private byte(value: u8): void {
    if (length < <u32>LOG_TEXT_LIMIT) store<u8>(buffer + length++, value);
  }
}

/** An empty line. */
export function line(): Line {
  length = 0;
  return changetype<Line>(buffer);
}
