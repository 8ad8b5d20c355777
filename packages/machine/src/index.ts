/** The machine: an amd64 PC of cores and devices. */
export { createMachine } from './create-machine.ts';
export { instructionAddress, readLinear, writeLinear } from './debug/linear-memory.ts';
export { GdbStub } from './debug/gdb-stub.ts';
export type { Stop } from './debug/stop.ts';
export type { TracedInstruction } from './debug/trace.ts';
export { Keyboard } from './keyboard.ts';
export { type Ending, Machine } from './machine.ts';
export { MachineError, type MachineErrorCode } from './machine-error.ts';
export type { MachineState } from './machine-state.ts';
export { Mouse, type MouseButton } from './mouse.ts';
export { type MemoryRange, MemorySpace } from './memory-space.ts';
export { type MemorySize, parseMemorySize } from './memory-size.ts';
export type { AttachDevice, Attachment, DiskOptions, LinuxOptions, MachineOptions } from './options.ts';
export { type PortRange, PortSpace } from './port-space.ts';
export { SerialLine } from './serial-line.ts';
