/** The exit port, as QEMU's isa-debug-exit: writing v ends the run with status 2v + 1. */
import type { PortWindow } from './device.ts';

export interface ExitPortEvents {
  /** `status` is 1 to 255. */
  exit(status: number): void;
}

export class ExitPort {
  /** Four ports, F4h or 501h on. */
  readonly ports: PortWindow;

  constructor(events: ExitPortEvents) {
    this.ports = {
      readPort: () => 0,
      writePort: (_offset, _bytes, value) => events.exit(((value << 1) | 1) & 0xff),
    };
  }
}
