/** The debug ports of emulators: E9h (Bochs) and 402h (QEMU, SeaBIOS). A write is a character; a read gives E9h, to show it is there. */
import { byteWidePorts } from './byte-wide.ts';
import type { PortWindow } from './device.ts';

const PRESENT = 0xe9;

export interface DebugPortEvents {
  debugByte(byte: number): void;
}

export class DebugPort {
  /** One port. */
  readonly ports: PortWindow;

  constructor(events: DebugPortEvents) {
    this.ports = byteWidePorts({
      readByte: () => PRESENT,
      writeByte: (_offset, value) => events.debugByte(value),
    });
  }
}
