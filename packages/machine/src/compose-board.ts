/** Puts memory, board and devices of one's own together, and says what a core's bus is: the same in one thread and on core 0's. */
import { addLinuxKernel, type Clock, type IdeDriveOptions, LinuxKernelError } from '@drift-os/devices';
import type { Bus, InterruptMessage, PhysicalMemory } from '@drift-os/x86-core';
import { PciDevice, SHADOWED, SHADOWED_BYTES } from './addresses.ts';
import { Board, type BoardEvents } from './board.ts';
import { MachineError } from './machine-error.ts';
import { MemoryMap } from './memory-map.ts';
import type { Attachment, AttachDevice, LinuxOptions } from './options.ts';

const VIDEO_MEMORY = 16 * 2 ** 20;

/** What a board is made of, as a value that can be posted to another thread. */
export interface BoardSetup {
  readonly cores: number;
  /** Bytes. */
  readonly ram: number;
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array | undefined;
  readonly linux: LinuxOptions | undefined;
  /** Unix time in ms at the clock's zero. */
  readonly startTime: number;
}

export interface BoardSurroundings {
  readonly clock: Clock;
  readonly memory: PhysicalMemory;
  readonly drives: readonly (IdeDriveOptions | undefined)[];
  readonly devices: readonly AttachDevice[];
  readonly events: Pick<BoardEvents, 'serialByte' | 'reset' | 'powerOff' | 'exit'>;
  readonly report: (message: string) => void;
  /** Of the 8259s, to core 0. */
  readonly interruptRequest: (level: boolean) => void;
  readonly send: (message: InterruptMessage) => void;
  /** An access to a port takes its time. */
  readonly portAccess: () => void;
}

export interface ComposedBoard {
  readonly board: Board;
  /** All of RAM, from physical address 0. */
  readonly ram: Uint8Array;
  readonly bus: Bus;
}

/** @throws MachineError BAD_IMAGE, ADDRESS_CONFLICT, or what a device of one's own throws */
export function composeBoard(setup: BoardSetup, around: BoardSurroundings): ComposedBoard {
  const { clock, memory, report } = around;
  const map = new MemoryMap(memory, setup.ram, setup.bios);
  const events: BoardEvents = {
    ...around.events,
    debugByte: () => {},
    unclaimed: (space, address, access) => report(`${access} of ${space} ${address.toString(16)}h, where nothing is`),
    unknownRegister: ({ device, register, access }) =>
      report(`${device}: ${access} of ${register}, which it does not have`),
  };
  const board = new Board({
    clock,
    events,
    ram: map.busMaster,
    memory: setup.ram,
    cores: setup.cores,
    interruptRequest: { set: around.interruptRequest },
    messages: { send: around.send },
    shadow: (segment) => map.shadow(segment),
    a20: { set: () => {} },
    startTime: setup.startTime,
    drives: around.drives,
    videoMemory: new Uint8Array(VIDEO_MEMORY),
    vgaBios: setup.vgaBios,
  });
  board.memory.add({ name: 'BIOS', first: SHADOWED, length: SHADOWED_BYTES, window: map.shadowWindow });
  attachDevices(board, around.devices, { clock, memory: map.busMaster, events });
  if (setup.linux !== undefined) addLinux(board, setup.linux, setup.ram);
  const bus: Bus = {
    readPort: (port, bytes) => {
      around.portAccess();
      return board.ports.read(port, bytes);
    },
    writePort: (port, bytes, value) => {
      around.portAccess();
      board.ports.write(port, bytes, value);
    },
    readMemory: (address, bytes) => board.memory.read(address, bytes),
    writeMemory: (address, bytes, value) => board.memory.write(address, bytes, value),
    acknowledgeInterrupt: () => board.pics.acknowledge(),
    sendInterrupt: around.send,
    unknownMsr: (access) => report(unknownMsr(access)),
    endOfInterrupt: (vector) => board.ioApic.endOfInterrupt(vector),
  };
  return { board, ram: map.ram, bus };
}

export function unknownMsr({ address, access }: Parameters<NonNullable<Bus['unknownMsr']>>[0]): string {
  return `${access} of MSR ${address.toString(16)}h, which the processor does not have`;
}

/** Gives devices of the user's own what they ask for. Later in the order of reset and state than those of the board. */
function attachDevices(
  board: Board,
  devices: readonly AttachDevice[],
  common: Pick<Attachment, 'clock' | 'memory' | 'events'>,
): void {
  let slot: number = PciDevice.first;
  for (const [number, attach] of devices.entries()) {
    const device = attach({
      ...common,
      irq: (request) => board.interrupts.line(request),
      ports: (name, first, count, window) => board.ports.add({ name, first, count, window }),
      registers: (name, first, length, window) => board.memory.add({ name, first, length, window }),
      pci: (pci) => board.pci.plug(slot++, 0, pci),
    });
    if (device !== undefined) board.devices.set(`own ${number}`, device);
  }
}

function addLinux(board: Board, linux: LinuxOptions, memoryBelow4G: number): void {
  try {
    addLinuxKernel(board.firmwareItems, { ...linux, memoryBelow4G });
  } catch (error) {
    if (!(error instanceof LinuxKernelError)) throw error;
    throw new MachineError('BAD_IMAGE', error.message);
  }
}
