/**
 * The configuration that the image was built with: lines `key=value` in the image directory. Keys may be repeated; lines take
 * effect in order. A line that is not understood is logged, once, by its text.
 *
 * ```
 * standOff=WORKER:SPIN,PAUSE,LIMIT,MWAIT,TIMED   WORKER 0: every worker
 * autostart=APPLICATION@WORKER                   WORKER 0: wherever least is running
 * channelCapacity=BYTES
 * ```
 */
import { LOG_WARNING } from '@drift-os/abi/layout/messages';
import { STAND_OFF_BYTES } from '@drift-os/abi/layout/worker-block';
import { channelSetCapacity } from './broker';
import { configuration } from './image';
import { workerLeastLoaded } from './instance-table';
import { instanceStart, moduleFind } from './instances';
import { logClose, logOpen } from './log';
import { print, printBytes } from './print';
import { standOffSet } from './stand-off';
import { workerCount } from './worker-table';

/** What is left of the line in hand. */
let at: usize = 0;
let end: usize = 0;

/** Steps over a literal if it comes next. */
function accept(text: string): bool {
  const length = <usize>text.length;
  if (end - at < length) return false;
  for (let i: usize = 0; i < length; i++) if (load<u8>(at + i) != <u8>text.charCodeAt(<i32>i)) return false;
  at += length;
  return true;
}

/** Steps over decimal digits, with a minus sign in front where -1 is meant; -2 if there are none. */
function number(): i64 {
  const negative = accept('-');
  let value: i64 = -2;
  for (; at < end && load<u8>(at) >= 0x30 && load<u8>(at) <= 0x39; at++) {
    value = max<i64>(value, 0) * 10 + (load<u8>(at) - 0x30);
    if (value > <i64>u32.MAX_VALUE) return -2;
  }
  return negative && value > 0 ? -value : value;
}

/** Applies every line. To be called once the workers run. */
export function configurationApply(): void {
  const text = configuration();
  if (text == 0) return;
  const last = text + 4 + load<u32>(text);
  for (let line = text + 4; line < last; line = end + 1) {
    at = line;
    end = line;
    while (end < last && load<u8>(end) != 0x0a) end++;
    if (end > line && !apply()) complain(line);
  }
}

function complain(line: usize): void {
  const previous = logOpen(LOG_WARNING);
  print('the image is configured with something that is not understood or cannot be done: ');
  printBytes(line, <u32>(end - line));
  logClose(previous);
}

function apply(): bool {
  if (accept('standOff=')) return standOff();
  if (accept('autostart=')) return autostart();
  if (accept('channelCapacity=')) {
    const bytes = number();
    return bytes > 0 && at == end && channelSetCapacity(<u32>bytes);
  }
  return false;
}

function standOff(): bool {
  const worker = number();
  if (worker < 0 || <u32>worker > workerCount()) return false;
  for (let field: u32 = 0; field < <u32>STAND_OFF_BYTES; field += 4) {
    if (!accept(field == 0 ? ':' : ',')) return false;
    const value = number();
    if (value == -2) return false;
    const first: u32 = worker == 0 ? 1 : <u32>worker;
    const final = worker == 0 ? workerCount() : <u32>worker;
    for (let each = first; each <= final; each++) standOffSet(each, field, <u32>value);
  }
  return at == end;
}

function autostart(): bool {
  const name = at;
  while (at < end && load<u8>(at) != 0x40) at++;
  const module = moduleFind(name, <u32>(at - name));
  if (!accept('@')) return false;
  const worker = number();
  if (module < 0 || worker < 0 || at != end) return false;
  return instanceStart(module, worker == 0 ? workerLeastLoaded() : <u32>worker, 0, 0) > 0;
}
