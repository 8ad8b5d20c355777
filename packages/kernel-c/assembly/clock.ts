/**
 * Time. The time-stamp counter is the clock; its frequency, and the APIC timer's, are what CPUID says, or are measured against the
 * ACPI PM timer, the HPET or the PIT, whichever there is first. Wakes core 0 at a deadline by TSC-deadline or one-shot APIC timer.
 */
import { cpuid, inb, inl, outb, pause, rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { SIGNATURE_HPET, acpiFind } from './acpi';
import { VECTOR_TIMER } from './interrupts';
import { APIC_TIMER_DIVISOR, apicTimerDeadline, apicTimerLeft, apicTimerStart } from './local-apic';
import { mapDevice } from './mapping';

export const MICROSECONDS: u64 = 1_000_000;
const PM_TIMER_HZ: u64 = 3_579_545;
const PM_TIMER_MASK: u32 = 0xff_ffff;
const PIT_HZ: u64 = 1_193_182;
const FEMTOSECONDS: u64 = 1_000_000_000_000_000;
const CPUID_ECX_TSC_DEADLINE: u32 = 1 << 24;
const CPUID_FREQUENCIES: u32 = 0x15;
const ALL_ONES: u32 = 0xffff_ffff;
/** The measurement takes 1/50 s. */
const FRACTION: u64 = 50;

export const CLOCK_PM_TIMER: u32 = 1;
export const CLOCK_HPET: u32 = 2;
export const CLOCK_PIT: u32 = 3;
export const CLOCK_CPUID: u32 = 4;

let tscFrequency: u64 = 1_000_000_000;
let apicFrequency: u64 = 0;
let bootTsc: u64 = 0;
let reference: u32 = 0;
let deadlineMode = false;
const scratch: usize = memory.data(16, 8);

/** Waits for 1/FRACTION s on the PM timer at `port`. @returns the part waited, in PM timer ticks; 0: it does not run. */
function waitPmTimer(port: u16): u64 {
  const start = inl(port) & PM_TIMER_MASK;
  for (let polls: u32 = 0; polls < 50_000_000; polls++) {
    const passed = (inl(port) - start) & PM_TIMER_MASK;
    if (passed >= <u32>(PM_TIMER_HZ / FRACTION)) return passed;
    if (passed == 0 && polls > 100_000) return 0;
  }
  return 0;
}

function waitHpet(registers: usize, frequency: u64): u64 {
  atomic.store<u32>(registers + 0x10, atomic.load<u32>(registers + 0x10) | 1);
  const start = atomic.load<u32>(registers + 0xf0);
  let passed: u64 = 0;
  while (passed < frequency / FRACTION) passed = atomic.load<u32>(registers + 0xf0) - start;
  return passed;
}

/** Channel 2 of the 8254, whose gate and output are in port 0x61. */
function waitPit(): u64 {
  const ticks = <u32>(PIT_HZ / FRACTION);
  outb(0x61, (inb(0x61) & ~0x02) | 0x01);
  outb(0x43, 0xb0);
  outb(0x42, <u8>ticks);
  outb(0x42, <u8>(ticks >> 8));
  while ((inb(0x61) & 0x20) == 0) {}
  return ticks;
}

/**
 * The time-stamp counter's frequency as a ratio to that of the core's crystal, which is what the APIC timer counts (SDM 2 CPUID leaf 15h, SDM 3A
 * 11.5.4). @returns whether the processor tells all of it
 */
function askProcessor(): bool {
  cpuid(0, 0, scratch);
  if (load<u32>(scratch) < CPUID_FREQUENCIES) return false;
  cpuid(CPUID_FREQUENCIES, 0, scratch);
  const denominator = load<u32>(scratch);
  const numerator = load<u32>(scratch, 4);
  const crystal: u64 = load<u32>(scratch, 8);
  if (denominator == 0 || numerator == 0 || crystal == 0) return false;
  tscFrequency = (crystal * numerator) / denominator;
  apicFrequency = crystal / APIC_TIMER_DIVISOR;
  reference = CLOCK_CPUID;
  return true;
}

/** Learns the frequencies. `pmTimer` is the port of the PM timer, 0 for none. Measuring takes 20 ms. */
export function clockInitialize(pmTimer: u16): void {
  cpuid(1, 0, scratch);
  deadlineMode = (load<u32>(scratch, 8) & CPUID_ECX_TSC_DEADLINE) != 0;
  if (!askProcessor()) measure(pmTimer);
}

function measure(pmTimer: u16): void {
  const hpet = acpiFind(SIGNATURE_HPET);
  apicTimerStart(ALL_ONES, VECTOR_TIMER | (1 << 16));
  let start = rdtsc();
  let frequency = PM_TIMER_HZ;
  let passed = pmTimer != 0 ? waitPmTimer(pmTimer) : 0;
  reference = CLOCK_PM_TIMER;
  if (passed == 0 && hpet != 0) {
    const registers = <usize>load<u64>(hpet, 44);
    mapDevice(registers, 1024);
    frequency = FEMTOSECONDS / atomic.load<u32>(registers + 4);
    reference = CLOCK_HPET;
    apicTimerStart(ALL_ONES, VECTOR_TIMER | (1 << 16));
    start = rdtsc();
    passed = waitHpet(registers, frequency);
  } else if (passed == 0) {
    frequency = PIT_HZ;
    reference = CLOCK_PIT;
    apicTimerStart(ALL_ONES, VECTOR_TIMER | (1 << 16));
    start = rdtsc();
    passed = waitPit();
  }
  tscFrequency = ((rdtsc() - start) * frequency) / passed;
  apicFrequency = (<u64>(ALL_ONES - apicTimerLeft()) * frequency) / passed;
  apicTimerStart(0, VECTOR_TIMER);
}

/** The loader's counter value counts as time 0. */
export function clockSetBoot(tsc: u64): void {
  bootTsc = tsc;
}

/** Time-stamp counter's frequency in Hz. */
export function tscHz(): u64 {
  return tscFrequency;
}

/** CLOCK_*: what the counter was measured against. */
export function clockReference(): u32 {
  return reference;
}

export function clockUsesDeadline(): bool {
  return deadlineMode;
}

/** Counter ticks of so many microseconds. */
export function ticksOf(microseconds: u64): u64 {
  return (microseconds / MICROSECONDS) * tscFrequency + ((microseconds % MICROSECONDS) * tscFrequency) / MICROSECONDS;
}

/** Microseconds of so many counter ticks. */
export function microsecondsOf(ticks: u64): u64 {
  return (ticks / tscFrequency) * MICROSECONDS + ((ticks % tscFrequency) * MICROSECONDS) / tscFrequency;
}

/** Microseconds since the boot sector began. */
export function uptime(): u64 {
  return microsecondsOf(rdtsc() - bootTsc);
}

/** Waits without doing anything else. Only for hardware that wants it, during start-up. */
export function spin(microseconds: u64): void {
  const end = rdtsc() + ticksOf(microseconds);
  while (rdtsc() < end) pause();
}

/** Interrupts core 0 when the counter reaches `deadline`, or a little later; at most one deadline is set at a time. */
export function wakeAt(deadline: u64): void {
  if (deadlineMode) {
    apicTimerDeadline(deadline, VECTOR_TIMER);
    return;
  }
  const now = rdtsc();
  const microseconds = deadline > now ? microsecondsOf(min<u64>(deadline - now, tscFrequency)) : 0;
  apicTimerStart(max<u32>(1, <u32>min<u64>((microseconds * apicFrequency) / MICROSECONDS, ALL_ONES)), VECTOR_TIMER);
}

/** No deadline. */
export function wakeNever(): void {
  if (deadlineMode) apicTimerDeadline(0, VECTOR_TIMER);
  else apicTimerStart(0, VECTOR_TIMER);
}
