/**
 * The local APIC (SDM 3A 11): end of interrupt, interrupts to other cores, the timer. Memory-mapped (xAPIC) unless the
 * firmware left it in x2APIC mode or a processor has an id that xAPIC cannot address.
 */
import { cpuid, rdmsr, wrmsr } from '@drift-os/abi/assembly/generated/cpu';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { localApicAddress, processorApicId, processorTotal } from './madt';
import { mapDevice } from './mapping';

const MSR_APIC_BASE: u32 = 0x1b;
const APIC_BASE_X2APIC: u64 = 1 << 10;
const APIC_BASE_ENABLE: u64 = 1 << 11;
const MSR_X2APIC: u32 = 0x800;
const CPUID_ECX_X2APIC: u32 = 1 << 21;

const REGISTER_ID: u32 = 0x20;
const REGISTER_TASK_PRIORITY: u32 = 0x80;
const REGISTER_EOI: u32 = 0xb0;
const REGISTER_SPURIOUS: u32 = 0xf0;
const REGISTER_ICR: u32 = 0x300;
const REGISTER_ICR_HIGH: u32 = 0x310;
const REGISTER_LVT_TIMER: u32 = 0x320;
const REGISTER_LVT_LINT0: u32 = 0x350;
const REGISTER_LVT_LINT1: u32 = 0x360;
const REGISTER_LVT_ERROR: u32 = 0x370;
const REGISTER_TIMER_INITIAL: u32 = 0x380;
const REGISTER_TIMER_CURRENT: u32 = 0x390;
const REGISTER_TIMER_DIVIDE: u32 = 0x3e0;

const SPURIOUS_ENABLE: u32 = 0x100;
export const VECTOR_SPURIOUS: u32 = 0xff;
const LVT_MASKED: u32 = 1 << 16;
const LVT_NMI: u32 = 0x400;
const ICR_PENDING: u32 = 1 << 12;
const ICR_INIT: u32 = 0x4500;
const ICR_STARTUP: u32 = 0x4600;
const DIVIDE_BY_16: u32 = 3;
/** What its timer's input is divided by. */
export const APIC_TIMER_DIVISOR: u64 = 16;
/** Highest id that xAPIC addresses; 255 is everybody. */
const XAPIC_LAST_ID: u32 = 254;

let x2apic = false;
let registers: usize = 0;
const scratch: usize = memory.data(16, 8);

function read(register: u32): u32 {
  if (x2apic) return <u32>rdmsr(MSR_X2APIC + (register >> 4));
  return atomic.load<u32>(registers + register);
}

function write(register: u32, value: u32): void {
  if (x2apic) wrmsr(MSR_X2APIC + (register >> 4), value);
  else atomic.store<u32>(registers + register, value);
}

/** Turns this core's local APIC on: no interrupt masked by priority, timer off. */
export function localApicInitialize(): void {
  let wanted = false;
  for (let i: u32 = 0; i < processorTotal(); i++) wanted = wanted || processorApicId(i) > XAPIC_LAST_ID;
  cpuid(1, 0, scratch);
  const base = rdmsr(MSR_APIC_BASE);
  x2apic = (base & APIC_BASE_X2APIC) != 0 || (wanted && (load<u32>(scratch, 8) & CPUID_ECX_X2APIC) != 0);
  wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | (x2apic ? APIC_BASE_X2APIC : 0));
  if (!x2apic) {
    registers = <usize>localApicAddress();
    mapDevice(registers, PAGE_BYTES);
  }
  write(REGISTER_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
  write(REGISTER_TASK_PRIORITY, 0);
  write(REGISTER_LVT_LINT0, LVT_MASKED);
  write(REGISTER_LVT_LINT1, LVT_NMI);
  write(REGISTER_LVT_ERROR, LVT_MASKED);
  write(REGISTER_LVT_TIMER, LVT_MASKED);
  endOfInterrupt();
}

/** Address of the registers; 0 in x2APIC mode. */
export function localApicRegisters(): usize {
  return registers;
}

/** This core's id. */
export function localApicId(): u32 {
  return x2apic ? read(REGISTER_ID) : read(REGISTER_ID) >> 24;
}

export function endOfInterrupt(): void {
  write(REGISTER_EOI, 0);
}

function send(target: u32, command: u32): void {
  if (x2apic) {
    wrmsr(MSR_X2APIC + (REGISTER_ICR >> 4), ((<u64>target) << 32) | command);
    return;
  }
  write(REGISTER_ICR_HIGH, target << 24);
  write(REGISTER_ICR, command);
  while (read(REGISTER_ICR) & ICR_PENDING) {}
}

/** INIT: the core stops whatever it does and waits for `sendStartup`. */
export function sendInit(apicId: u32): void {
  send(apicId, ICR_INIT);
}

/** SIPI: the core starts in real mode at `page` * 4096, below 1 MiB. */
export function sendStartup(apicId: u32, page: u32): void {
  send(apicId, ICR_STARTUP | page);
}

/** Counts down from `ticks` (a sixteenth of the bus clock each) once, with the vector's interrupt at the end; 0 stops it. */
export function apicTimerStart(ticks: u32, vector: u32): void {
  write(REGISTER_TIMER_DIVIDE, DIVIDE_BY_16);
  write(REGISTER_LVT_TIMER, vector);
  write(REGISTER_TIMER_INITIAL, ticks);
}

/** What is left of the count. */
export function apicTimerLeft(): u32 {
  return read(REGISTER_TIMER_CURRENT);
}

const LVT_TSC_DEADLINE: u32 = 2 << 17;
const MSR_TSC_DEADLINE: u32 = 0x6e0;

/** Interrupts when the time-stamp counter reaches `deadline`; only where CPUID.1:ECX[24] is set. */
export function apicTimerDeadline(deadline: u64, vector: u32): void {
  write(REGISTER_LVT_TIMER, LVT_TSC_DEADLINE | vector);
  wrmsr(MSR_TSC_DEADLINE, deadline);
}
