export * from './shell.ts';
export * from './ledger.ts';
export { HostPieceError } from './host-module.ts';
