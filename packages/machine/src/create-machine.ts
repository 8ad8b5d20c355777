/** Composes a machine: memory, cores, the board, and what joins them. */
import { addLinuxKernel, biosRom, LinuxKernelError } from '@drift-os/devices';
import { type Bus, Cpu, dispatchInterrupt, type InterruptMessage, PhysicalMemory } from '@drift-os/x86-core';
import { PciDevice, SHADOWED, SHADOWED_BYTES } from './addresses.ts';
import { Board, type BoardEvents } from './board.ts';
import { Execution } from './execution.ts';
import { Keyboard } from './keyboard.ts';
import { Machine } from './machine.ts';
import { MachineError } from './machine-error.ts';
import { MemoryMap, physicalBytes } from './memory-map.ts';
import { parseMemorySize } from './memory-size.ts';
import { Mouse } from './mouse.ts';
import {
  type Attachment,
  type AttachDevice,
  checkCores,
  checkInstructionTime,
  drivesOf,
  type MachineOptions,
} from './options.ts';
import { SerialLine } from './serial-line.ts';

const VIDEO_MEMORY = 16 * 2 ** 20;
const DEFAULT_MEMORY = '128M';
/** Of virtual time: 250 million instructions a second. */
const INSTRUCTION_NANOSECONDS = 4;
/** What the clock shows at the start of a run that is to be the same every time. */
const VIRTUAL_START = Date.UTC(2020, 0, 1);

/**
 * A machine that runs, unless `paused`.
 * @throws MachineError BAD_OPTION or BAD_IMAGE
 */
export async function createMachine(options: MachineOptions = {}): Promise<Machine> {
  const coreCount = checkCores(options.cores ?? 1);
  const ramBytes = parseMemorySize(options.memory ?? DEFAULT_MEMORY);
  const { drives, overlays } = drivesOf(options.disks ?? []);
  const time = options.time ?? 'host';
  const bios = options.bios ?? biosRom();
  const physical = new PhysicalMemory({ bytes: physicalBytes(ramBytes, bios), cores: coreCount });
  const map = new MemoryMap(physical, ramBytes, bios);
  const execution = new Execution(time, checkInstructionTime(options.instructionTime ?? INSTRUCTION_NANOSECONDS));
  const report = options.report ?? ((): void => {});
  const cores: Cpu[] = [];
  const send = (message: InterruptMessage): void =>
    dispatchInterrupt(
      cores.map((core) => core.system.apic),
      message,
    );

  const lines = [0, 1].map(
    (line) =>
      new SerialLine(execution.clock, (bytes) => {
        board.serial[line as 0 | 1].receive(bytes);
        machine.inputArrived();
      }),
  ) as [SerialLine, SerialLine];
  const events: BoardEvents = {
    serialByte: (line, byte) => lines[line].receive(byte),
    debugByte: () => {},
    reset: () => machine.resetByGuest(),
    powerOff: () => machine.endWith({ reason: 'power-off', status: 0 }),
    exit: (status) => machine.endWith({ reason: 'exit', status }),
    unclaimed: (space, address, access) => report(`${access} of ${space} ${address.toString(16)}h, where nothing is`),
    unknownRegister: ({ device, register, access }) =>
      report(`${device}: ${access} of ${register}, which it does not have`),
  };
  const board = new Board({
    clock: execution.clock,
    events,
    ram: map.busMaster,
    memory: ramBytes,
    cores: coreCount,
    interruptRequest: { set: (level) => cores[0]?.interrupt(level) },
    messages: { send },
    shadow: (segment) => map.shadow(segment),
    a20: { set: () => {} },
    startTime: (options.startTime ?? new Date(time === 'virtual' ? VIRTUAL_START : Date.now())).getTime(),
    drives,
    videoMemory: new Uint8Array(VIDEO_MEMORY),
    vgaBios: options.vgaBios,
  });
  board.memory.add({ name: 'BIOS', first: SHADOWED, length: SHADOWED_BYTES, window: map.shadowWindow });
  attachDevices(board, options.devices ?? [], { clock: execution.clock, memory: map.busMaster, events });
  if (options.linux !== undefined) addLinux(board, options.linux, ramBytes);

  const bus: Bus = {
    readPort: (port, bytes) => {
      execution.chargePortAccess();
      return board.ports.read(port, bytes);
    },
    writePort: (port, bytes, value) => {
      execution.chargePortAccess();
      board.ports.write(port, bytes, value);
    },
    readMemory: (address, bytes) => board.memory.read(address, bytes),
    writeMemory: (address, bytes, value) => board.memory.write(address, bytes, value),
    acknowledgeInterrupt: () => board.pics.acknowledge(),
    sendInterrupt: send,
    unknownMsr: ({ address, access }) =>
      report(`${access} of MSR ${address.toString(16)}h, which the processor does not have`),
    endOfInterrupt: (vector) => board.ioApic.endOfInterrupt(vector),
  };
  const now = (): bigint => execution.clock.now();
  for (let apicId = 0; apicId < coreCount; apicId++) {
    cores.push(new Cpu(bus, { memory: physical, apicId, cores: coreCount, now }));
  }
  execution.cores = cores;
  const keyboard = new Keyboard((code, pressed) => {
    const known = board.keyboardController.keyboard.key(code, pressed);
    machine.inputArrived();
    return known;
  });
  const mouse = new Mouse((motion) => {
    board.keyboardController.mouse.move(motion);
    machine.inputArrived();
  });
  const machine = new Machine({
    onReset: options.onReset ?? 'restart',
    board,
    cores,
    memory: physical,
    execution,
    serial: lines,
    keyboard,
    mouse,
    ram: map.ram,
    overlays,
  });
  board.reset();
  if (options.paused !== true) machine.run();
  return machine;
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

function addLinux(board: Board, linux: NonNullable<MachineOptions['linux']>, memoryBelow4G: number): void {
  try {
    addLinuxKernel(board.firmwareItems, { ...linux, memoryBelow4G });
  } catch (error) {
    if (!(error instanceof LinuxKernelError)) throw error;
    throw new MachineError('BAD_IMAGE', error.message);
  }
}
