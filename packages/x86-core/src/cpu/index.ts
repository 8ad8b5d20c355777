/** A CPU that runs programs. */
export { type AccessBytes, type Bus, emptyBus } from './bus.ts';
export { Cpu, type CpuOptions, type StopReason } from './cpu.ts';
export { enterLongMode, type LongModeStart } from './long-mode.ts';
export { PhysicalMemory, type PhysicalMemoryOptions, type SharedMemoryPlace } from './physical-memory.ts';
export { Registers, type SegmentName } from './registers.ts';
export { type CpuState, StateError } from './saved-state.ts';
export type { CoreLink } from './shared/core-link.ts';
export type { Exchange } from './shared/exchange.ts';
export type { Mailbox } from './shared/mailbox.ts';
export { RemoteApic } from './shared/remote-apic.ts';
export { AccessServer, RemoteBus } from './shared/remote-bus.ts';
export type { Watchpoint, WatchHit } from './watchpoints.ts';
