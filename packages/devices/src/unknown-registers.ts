/** Reports each register that a device does not have once. */
import type { DeviceEvents, UnknownRegister } from './device.ts';

export class UnknownRegisters {
  readonly #device: string;
  readonly #events: DeviceEvents;
  readonly #reported = new Set<string>();

  constructor(device: string, events: DeviceEvents) {
    this.#device = device;
    this.#events = events;
  }

  /** @returns all ones of the widest access, what a bus reads where nobody answers. */
  read(register: string): number {
    this.#report(register, 'read');
    return 0xffffffff;
  }

  write(register: string): void {
    this.#report(register, 'write');
  }

  #report(register: string, access: UnknownRegister['access']): void {
    const key = `${access} ${register}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#events.unknownRegister({ device: this.#device, register, access });
  }
}

/** `offset 1Ch`: how a register without a name is called. */
export function offsetName(offset: number): string {
  return `offset ${offset.toString(16).toUpperCase()}h`;
}
