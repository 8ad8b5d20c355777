/** The devices' public surface. */
export type * from './device.ts';
