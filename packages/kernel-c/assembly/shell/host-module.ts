/**
 * The shell as a WebAssembly module of its own, for programs on the host (src/shell.ts): one session, the language, and
 * commands that the host supplies. Texts come in through memory that `newText` gives.
 */
import { ringBytes, ringInitialize } from '@drift-os/ring/assembly';
import { RING_READER_STATUS_AT, RING_WRITER_STATUS_AT } from '@drift-os/ring/layout/ring';
import { defineLanguage } from '../commands';
import { argumentBytes, argumentCount, argumentLength } from './arguments';
import { commandAt, commandCount, define, heading } from './command-table';
import { failWith } from './error';
import { topFrame } from './frame';
import { command, write } from './host';
import { feedSession, openSession, runSession } from './index';
import { emitBytes } from './output';
import { openRingSession, runRingSession } from './ring-session';
import { Session } from './session';

const TEXT_BYTES: u32 = 0x8000;
/** Bytes in front of a string in AssemblyScript; the last four are its length in bytes. */
const STRING_HEADER: u32 = 20;
const texts: usize = memory.data(0x8000);
const buffer: usize = memory.data(4096);
let textsUsed: u32 = 0;
let target: usize = 0;

/** Memory for a string of `length` UTF-16 units that stays for good; 0 if there is none left. */
export function newText(length: u32): usize {
  const bytes = (STRING_HEADER + length * 2 + 7) & ~7;
  if (length > TEXT_BYTES || textsUsed + bytes > TEXT_BYTES) return 0;
  const text = texts + textsUsed + STRING_HEADER;
  textsUsed += bytes;
  store<u32>(text - 4, length * 2);
  return text;
}

/** Adds a heading whose name is the text `name`. */
export function addHeading(name: usize): void {
  heading(changetype<string>(name));
}

/** Adds a host command. @returns its id, which `command` gets. */
export function addCommand(name: usize, usage: usize, summary: usize, example: usize): u32 {
  define(
    changetype<string>(name),
    changetype<string>(usage),
    changetype<string>(summary),
    changetype<string>(example),
    run,
  );
  return commandCount() - 1;
}

function run(): u32 {
  const frame = topFrame();
  const first = frame.phase == 0;
  frame.phase = 1;
  for (let id: u32 = 0; id < commandCount(); id++) {
    if (commandAt(id) == frame.command) return command(id, first);
  }
  return 0;
}

function drain(_argument: usize, pointer: usize, length: u32): u32 {
  return write(pointer, length);
}

/** Defines the built-in commands. Once, before everything else. */
export function initialize(): void {
  defineLanguage();
}

/** Opens the session in `bytes` bytes behind the module's own data. @returns false if they are too few. */
export function open(bytes: u32): bool {
  target = openSession((__heap_base + 15) & ~15, bytes, <u32>drain.index, 0);
  return target != 0;
}

/** First address that `open` uses. */
export function memoryStart(): usize {
  return (__heap_base + 15) & ~15;
}

export function feed(byte: u8): bool {
  return feedSession(target, byte);
}

export function runSteps(steps: u32): u32 {
  return runSession(target, steps);
}

/** Capacity of each ring of a session over rings, in bytes. */
const RING_CAPACITY: u32 = 8192;
let ringTarget: usize = 0;
let ringOut: usize = 0;
let ringInto: usize = 0;

/** The terminal may sleep in `Atomics.wait` on either of its status words. */
function wake(_target: usize): void {
  atomic.notify(ringOut + RING_READER_STATUS_AT, -1);
  atomic.notify(ringInto + RING_WRITER_STATUS_AT, -1);
}

/** Bytes that `openRings` takes besides the session's. */
export function ringsBytes(): u32 {
  return ringBytes(RING_CAPACITY) * 2 + 256;
}

/**
 * Opens one more session, over rings, in `bytes` + `ringsBytes()` zeroed bytes at `memory`.
 * @returns the ring that the terminal reads, 0 if the memory is too little.
 */
export function openRings(memory: usize, bytes: u32): usize {
  ringOut = (memory + 127) & ~127;
  ringInto = ringOut + ringBytes(RING_CAPACITY);
  ringInitialize(ringOut, RING_CAPACITY, 1);
  ringInitialize(ringInto, RING_CAPACITY, 1);
  ringTarget = ringInto + ringBytes(RING_CAPACITY);
  return openRingSession(ringTarget, bytes, ringOut, ringInto, <u32>wake.index) ? ringOut : 0;
}

/** The ring that the terminal writes. */
export function ringWritten(): usize {
  return ringInto;
}

/** Runs that session. @returns IDLE, BUSY, WAITING or CLOSED. */
export function runRings(steps: u32): u32 {
  return runRingSession(ringTarget, steps);
}

/** Bytes of the session's heap that are in use. */
export function heapUsed(): u32 {
  return changetype<Session>(target).heapUsed;
}

/** 4096 bytes for what the host passes to `print` and `fail`. */
export function scratch(): usize {
  return buffer;
}

/** Prints for the host command that runs. */
export function print(pointer: usize, length: u32): void {
  emitBytes(pointer, length);
}

/** The host command that runs fails. */
export function fail(pointer: usize, length: u32): void {
  failWith(pointer, length, false);
}

export { argumentBytes, argumentCount, argumentLength };
