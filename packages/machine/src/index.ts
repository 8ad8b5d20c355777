/** The machine: address spaces, time. */
export { MachineError, type MachineErrorCode } from './machine-error.ts';
export { MemorySpace, type MemoryRange } from './memory-space.ts';
export { PortSpace, type PortRange } from './port-space.ts';
export { MachineClock } from './machine-clock.ts';
