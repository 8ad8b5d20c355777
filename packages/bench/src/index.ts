/** Measures Drift's compiled rings beside a ring in C, natively and inside the guest. */
export { BenchError, type BenchErrorCode } from './bench-error.ts';
export { type GuestMeasurements, type GuestOptions, measureInGuest } from './guest.ts';
export {
  type Comparison,
  compare,
  type Implementation,
  type Measurement,
  type Summary,
  type Workload,
} from './measurement.ts';
export { measureNative, type NativeOptions } from './native.ts';
export { reportText } from './report.ts';
