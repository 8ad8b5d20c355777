export * from './shell.ts';
export * from './ledger.ts';
export { HostPieceError } from './host-module.ts';
export * from './acpi.ts';
export * from './timers.ts';
