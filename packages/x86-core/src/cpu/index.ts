/** A CPU that runs programs. */
export { type AccessBytes, type Bus, emptyBus } from './bus.ts';
export { Cpu, type CpuOptions, type StopReason } from './cpu.ts';
export { enterLongMode, type LongModeStart } from './long-mode.ts';
export { PhysicalMemory, type PhysicalMemoryOptions } from './physical-memory.ts';
export { Registers, type SegmentName } from './registers.ts';
export { type CpuState, StateError } from './saved-state.ts';
export type { Watchpoint, WatchHit } from './watchpoints.ts';
