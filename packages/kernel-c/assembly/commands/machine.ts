/** time, sleep, log, version, irq, cpuid, acpi, reboot, poweroff: the machine as a whole. */
import { cpuid, rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { LOG_DEBUG, LOG_ERROR, LOG_INFORMATION, LOG_WARNING } from '@drift-os/abi/layout/messages';
import { acpiPrint } from '../acpi';
import {
  CLOCK_CPUID,
  CLOCK_HPET,
  CLOCK_PM_TIMER,
  clockReference,
  clockUsesDeadline,
  microsecondsOf,
  ticksOf,
  tscHz,
  uptime,
} from '../clock';
import { buildName, configuration } from '../image';
import { interruptCount, VECTOR_KEYBOARD, VECTOR_SERIAL, VECTOR_TIMER, VECTOR_WAKE } from '../interrupts';
import { logEnd, logFirst, logLevelOf, logPrint, logSetConsoleLevel } from '../log';
import { loopSleeps, loopSleptTsc } from '../loop';
import { powerOff, powerOffKnown, reboot } from '../power';
import { newline, print, printCounted, printDecimal, printHex, printLine } from '../print';
import { rtcSeconds } from '../rtc';
import { serialOverruns } from '../serial';
import {
  argument,
  argumentCount,
  argumentIs,
  failArgument,
  integerArgumentOr,
  numberArgument,
} from '../shell/arguments';
import { AGAIN, DONE, define, heading, WAIT } from '../shell/command-table';
import { fail, suggestUsage } from '../shell/error';
import { FRAME_SCRIPT, pushText, topFrame } from '../shell/frame';
import { retain } from '../shell/heap';
import { columnTo, emit, flush } from '../shell/output';
import { session } from '../shell/session';
import { lengthOf } from '../shell/value';

/** Microseconds as seconds with six decimals. */
function printSeconds(microseconds: u64): void {
  printDecimal(microseconds / 1_000_000);
  print('.');
  const rest = microseconds % 1_000_000;
  for (let digit: u64 = 100_000; digit > 0; digit /= 10) printDecimal((rest / digit) % 10);
}

function printTwo(value: u64): void {
  if (value < 10) print('0');
  printDecimal(value);
}

/** The date of so many days since 1970-01-01, by the civil calendar. */
function printDate(days: u64): void {
  // Years are counted from March, so that the leap day is the last of one; an era is 400 years, 146097 days.
  const shifted = days + 719_468;
  const era = shifted / 146_097;
  const dayOfEra = shifted % 146_097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const month = (5 * dayOfYear + 2) / 153;
  const day = dayOfYear - (153 * month + 2) / 5 + 1;
  printDecimal(yearOfEra + era * 400 + u64(month >= 10));
  print('-');
  printTwo(month < 10 ? month + 3 : month - 9);
  print('-');
  printTwo(day);
}

/** time [BLOCK]: the time of day, or how long a block takes. `counter` is when it began. */
function timeCommand(): u32 {
  const frame = topFrame();
  if (argumentCount() == 0) {
    const seconds = rtcSeconds();
    printDate(seconds / 86_400);
    print(' ');
    printTwo((seconds / 3600) % 24);
    print(':');
    printTwo((seconds / 60) % 60);
    print(':');
    printTwo(seconds % 60);
    newline();
    return DONE;
  }
  if (frame.phase == 0) {
    frame.phase = 1;
    frame.counter = <i64>rdtsc();
    const block = argument(1);
    pushText(FRAME_SCRIPT, retain(block), 0, lengthOf(block));
    return AGAIN;
  }
  const ticks = rdtsc() - <u64>frame.counter;
  printDecimal(microsecondsOf(ticks));
  print(' us\n');
  return DONE;
}

function uptimeCommand(): u32 {
  printSeconds(uptime());
  print(' s\n');
  if (session.capture != 0) return DONE;
  print('The time-stamp counter runs at ');
  printDecimal(tscHz() / 1_000_000);
  const reference = clockReference();
  if (reference == CLOCK_CPUID) print(' MHz, as the processor says');
  else {
    print(' MHz, measured against the ');
    print(reference == CLOCK_PM_TIMER ? 'ACPI timer' : reference == CLOCK_HPET ? 'HPET' : 'PIT');
  }
  print('; wake-ups by ');
  printLine(clockUsesDeadline() ? 'TSC deadline.' : 'the APIC timer.');
  print('Thread/C has halted ');
  printDecimal(loopSleeps());
  print(' times, for ');
  printSeconds(microsecondsOf(loopSleptTsc()));
  print(' s in all.\n');
  return DONE;
}

/** sleep MILLISECONDS. `limit` is when to wake. */
function sleepCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    const milliseconds = numberArgument(1, 0, 86_400_000);
    if (session.failed) return DONE;
    frame.phase = 1;
    frame.limit = <i64>(rdtsc() + ticksOf(<u64>milliseconds * 1000));
  }
  return <i64>rdtsc() < frame.limit ? WAIT : DONE;
}

/** Level that argument `index` names; 0 for off, -1 for none. */
function levelArgument(index: u32): i32 {
  if (argumentIs(index, 'off')) return 0;
  if (argumentIs(index, 'errors')) return LOG_ERROR;
  if (argumentIs(index, 'warnings')) return LOG_WARNING;
  if (argumentIs(index, 'information')) return LOG_INFORMATION;
  if (argumentIs(index, 'debug')) return LOG_DEBUG;
  return -1;
}

/** log [LEVEL] [COUNT], log show LEVEL. One line in a step; `counter` is the next one. */
function logCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    if (argumentIs(1, 'show')) {
      const shown = argumentCount() == 2 ? levelArgument(2) : -1;
      if (shown < 0) {
        failArgument(1, 'takes off, errors, warnings, information or debug');
        suggestUsage();
      } else logSetConsoleLevel(shown);
      return DONE;
    }
    if (argumentCount() > 0 && levelArgument(1) <= 0) {
      failArgument(1, 'is not a level');
      suggestUsage();
      return DONE;
    }
    const count = argumentCount() == 2 ? numberArgument(2, 1, 256) : 256;
    if (session.failed) return DONE;
    frame.phase = 1;
    const first = logFirst();
    frame.counter = first;
    frame.limit = logEnd();
    skipTo(count);
  }
  while (frame.counter < frame.limit && !matches(<u32>frame.counter)) frame.counter++;
  if (frame.counter >= frame.limit) return DONE;
  logPrint(<u32>frame.counter);
  frame.counter++;
  return AGAIN;
}

function matches(line: u32): bool {
  return line >= logFirst() && (argumentCount() == 0 || <i32>logLevelOf(line) <= levelArgument(1));
}

/** Leaves out lines from the start until no more than `count` that match are left. */
function skipTo(count: i64): void {
  const frame = topFrame();
  let at = frame.limit;
  let left = count;
  while (at > frame.counter && left > 0) {
    at--;
    if (matches(<u32>at)) left--;
  }
  frame.counter = at;
}

function versionCommand(): u32 {
  print('Drift ');
  printCounted(buildName());
  newline();
  if (session.capture == 0 && atomic.load<u32>(configuration()) != 0) {
    printCounted(configuration());
    newline();
  }
  return DONE;
}

function printCounter(name: string, vector: u32): void {
  print(name);
  columnTo(14);
  printHex(vector, 2);
  printDecimal(interruptCount(vector), 12);
  newline();
}

function irqCommand(): u32 {
  printLine('interrupt     vector    taken');
  printCounter('keyboard', VECTOR_KEYBOARD);
  printCounter('serial line', VECTOR_SERIAL);
  printCounter('timer', VECTOR_TIMER);
  printCounter('wake-up', VECTOR_WAKE);
  for (let vector: u32 = 32; vector < 256; vector++) {
    const known =
      vector == VECTOR_KEYBOARD || vector == VECTOR_SERIAL || vector == VECTOR_TIMER || vector == VECTOR_WAKE;
    if (!known && interruptCount(vector) != 0) printCounter('other', vector);
  }
  if (serialOverruns() != 0) {
    printDecimal(serialOverruns());
    print(' bytes of serial input were lost\n');
  }
  return DONE;
}

const registers: usize = memory.data(16, 8);

function printText(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const byte = load<u8>(registers + i);
    if (byte != 0) emit(byte);
  }
}

/** The vendor (leaf 0: EBX, EDX, ECX) and the name (leaves 80000002h to 80000004h; SDM 2A, CPUID). */
function printProcessor(): void {
  cpuid(0, 0, registers);
  const edx = load<u32>(registers + 12);
  const ecx = load<u32>(registers + 8);
  store<u32>(registers, load<u32>(registers + 4));
  store<u32>(registers + 4, edx);
  store<u32>(registers + 8, ecx);
  print('vendor  ');
  printText(12);
  newline();
  cpuid(0x8000_0000, 0, registers);
  if (load<u32>(registers) < 0x8000_0004) return;
  print('name    ');
  for (let leaf: u32 = 0x8000_0002; leaf <= 0x8000_0004; leaf++) {
    cpuid(leaf, 0, registers);
    printText(16);
  }
  newline();
}

function cpuidCommand(): u32 {
  if (argumentCount() == 0) {
    printProcessor();
    return DONE;
  }
  const leaf = numberArgument(1, 0, 0xffff_ffff);
  const subleaf = integerArgumentOr(2, 0);
  if (session.failed) return DONE;
  cpuid(<u32>leaf, <u32>subleaf, registers);
  print('eax ');
  printHex(load<u32>(registers), 8);
  print('  ebx ');
  printHex(load<u32>(registers + 4), 8);
  print('  ecx ');
  printHex(load<u32>(registers + 8), 8);
  print('  edx ');
  printHex(load<u32>(registers + 12), 8);
  newline();
  return DONE;
}

function acpiCommand(): u32 {
  acpiPrint();
  return DONE;
}

function rebootCommand(): u32 {
  printLine('restarting');
  flush();
  reboot();
  return DONE;
}

function powerOffCommand(): u32 {
  if (!powerOffKnown()) {
    fail('the firmware does not say how to turn this machine off');
    return DONE;
  }
  printLine('powering off');
  flush();
  powerOff();
  fail('the machine does not turn itself off');
  return DONE;
}

export function defineMachine(): void {
  heading('The machine');
  define(
    'time',
    '[BLOCK]',
    'Shows date and time (UTC), or how long a block takes.',
    'time {repeat 1000 {}}',
    timeCommand,
  );
  define('uptime', '', 'Shows the seconds since the machine began to load Drift.', 'uptime', uptimeCommand);
  define('sleep', 'MILLISECONDS', 'Waits.', 'repeat 3 {echo tick; sleep 1000}', sleepCommand);
  define(
    'log',
    '[errors|warnings|information|debug|show] [off|errors|warnings|information|debug|COUNT]',
    'Shows the log. Down to a level, and the last COUNT lines, where that is said; log show LEVEL sets what appears on the console by itself.',
    'log warnings 20',
    logCommand,
  );
  define('irq', '', 'Shows how often each interrupt was taken.', 'irq', irqCommand);
  define(
    'cpuid',
    '[LEAF] [SUBLEAF]',
    'Shows the processor, or what CPUID answers to a leaf.',
    'cpuid 7 0',
    cpuidCommand,
  );
  define('acpi', '', 'Lists the ACPI tables.', 'acpi', acpiCommand);
  define('version', '', 'Shows which Drift this is.', 'version', versionCommand);
  define('reboot', '', 'Restarts the machine.', 'reboot', rebootCommand);
  define('poweroff', '', 'Turns the machine off.', 'poweroff', powerOffCommand);
}
