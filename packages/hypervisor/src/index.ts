/** Runs a disk image on QEMU or Bochs from Node. */
export { BochsMachine, runOnBochs } from './bochs.ts';
export { HypervisorError, type HypervisorErrorCode } from './errors.ts';
export { type KvmProbe, type KvmProbeOptions, probeKvm } from './kvm-probe.ts';
export { type ExitStatus, Machine, type MachineParts } from './machine.ts';
export { checkBootable } from './options.ts';
export type { Accelerator, BochsOptions, MemorySize, QemuOptions, RunOptions } from './options.ts';
export { bochsProgram, findCommand, findProgram, type Program, qemuProgram } from './program.ts';
export { checkQemuOptions } from './qemu-arguments.ts';
export { QemuMachine, runOnQemu } from './qemu.ts';
export type { SerialMatch, WaitOptions } from '@drift-os/console';
