/** The devices' public surface. */
export { DebugPort, type DebugPortEvents } from './debug-port.ts';
export type * from './device.ts';
export { ExitPort, type ExitPortEvents } from './exit-port.ts';
export { I8042, type I8042Events, type I8042Options, type I8042State } from './i8042.ts';
export { I8237Pair, type I8237PairState } from './i8237.ts';
export { I8254, type I8254Options, type I8254State } from './i8254.ts';
export { I8259Pair, type I8259PairOptions, type I8259PairState } from './i8259.ts';
export { IO_APIC_PINS, IoApic, type IoApicOptions, type IoApicState } from './io-apic.ts';
export { cmosMemorySize, Mc146818, type Mc146818Options, type Mc146818State } from './mc146818.ts';
export { Ns16550, type Ns16550Events, type Ns16550Options, type Ns16550State } from './ns16550.ts';
export type { MouseMotion } from './ps2-mouse.ts';
export {
  SystemControlA,
  type SystemControlAOptions,
  type SystemControlAState,
  SystemControlB,
  type SystemControlBOptions,
  type SystemControlBState,
} from './system-control.ts';
