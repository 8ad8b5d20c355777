/** Composes a machine: memory, cores, the board, and what joins them. */
import { biosRom, BufferDisk, type Disk, isKeyCode } from '@drift-os/devices';
import { Cpu, dispatchInterrupt, type InterruptMessage, PhysicalMemory } from '@drift-os/x86-core';
import { type BoardSetup, composeBoard } from './compose-board.ts';
import { takeBranchHints } from './branch-hints.ts';
import { Execution } from './execution.ts';
import { Keyboard } from './keyboard.ts';
import { Machine } from './machine.ts';
import { MachineError } from './machine-error.ts';
import { checkOptionRom, physicalBytes } from './memory-map.ts';
import { parseMemorySize } from './memory-size.ts';
import { OneThread } from './one-thread.ts';
import { Mouse } from './mouse.ts';
import { checkCores, checkDrives, checkInstructionTime, type Drive, drivesOf, type MachineOptions } from './options.ts';
import { isModule, loadDevice } from './own-devices.ts';
import { PacedInput } from './paced-input.ts';
import { Kind } from './parallel/channel.ts';
import type { DriveSetup } from './parallel/messages.ts';
import { CompileThread } from './parallel/compile-thread.ts';
import { ParallelEngine } from './parallel/parallel-engine.ts';
import type { RemoteDiskInfo } from './parallel/remote-disk.ts';
import { hasThreads } from './parallel/threads.ts';
import { SerialLine } from './serial-line.ts';

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
  const cores = checkCores(options.cores ?? 1);
  const ram = parseMemorySize(options.memory ?? DEFAULT_MEMORY);
  const drives = checkDrives(options.disks ?? []);
  const time = options.time ?? 'host';
  const setup: BoardSetup = {
    cores,
    ram,
    bios: options.bios ?? biosRom(),
    vgaBios: checkOptionRom(options.vgaBios),
    linux: options.linux,
    startTime: (options.startTime ?? new Date(time === 'virtual' ? VIRTUAL_START : Date.now())).getTime(),
  };
  checkExecution(options);
  if (options.jit !== false) takeBranchHints();
  const isParallel = options.execution === 'parallel' && hasThreads();
  const machine = isParallel
    ? await createInParallel(options, setup, drives)
    : await createInTurns(options, setup, drives);
  if (options.paused !== true) machine.run();
  return machine;
}

/** @throws MachineError BAD_OPTION for what does not go together */
function checkExecution({ execution, time, devices = [] }: MachineOptions): void {
  if (execution !== 'parallel') return;
  if (time === 'virtual') {
    throw new MachineError(
      'BAD_OPTION',
      "time: cores that run at the same time have the host's time. Leave out time: 'virtual', or execution: 'parallel'.",
    );
  }
  if (!devices.every(isModule)) {
    throw new MachineError(
      'BAD_OPTION',
      'devices: a function cannot be sent to another thread. Give each device as a module, { module: new URL(...) }.',
    );
  }
}

async function createInTurns(options: MachineOptions, setup: BoardSetup, disks: readonly Drive[]): Promise<Machine> {
  const { drives, overlays } = drivesOf(disks);
  const devices = await Promise.all(
    (options.devices ?? []).map(async (device) => (isModule(device) ? loadDevice(device) : device)),
  );
  const time = options.time ?? 'host';
  const compiler =
    options.jit === false || time === 'virtual'
      ? undefined
      : new CompileThread((error) => machine.endWith({ reason: 'failed', status: 1, error }));
  const physical = new PhysicalMemory({
    bytes: physicalBytes(setup.ram, setup.bios),
    cores: setup.cores,
    ...(options.jit === false ? { jit: false } : {}),
    ...(compiler === undefined ? {} : { jit: compiler }),
  });
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
      new SerialLine(
        new PacedInput(execution.clock, (bytes) => {
          board.serial[line as 0 | 1].receive(bytes);
          machine.inputArrived();
        }),
      ),
  ) as [SerialLine, SerialLine];
  const { board, ram, bus } = composeBoard(setup, {
    clock: execution.clock,
    memory: physical,
    drives,
    devices,
    events: {
      serialByte: (line, byte) => lines[line].receive(byte),
      reset: () => machine.resetByGuest(),
      powerOff: () => machine.endWith({ reason: 'power-off', status: 0 }),
      exit: (status) => machine.endWith({ reason: 'exit', status }),
    },
    report,
    interruptRequest: (level) => cores[0]?.interrupt(level),
    send,
    portAccess: () => execution.chargePortAccess(),
  });
  const now = (): bigint => execution.clock.now();
  for (let apicId = 0; apicId < setup.cores; apicId++) {
    cores.push(new Cpu(bus, { memory: physical, apicId, cores: setup.cores, now }));
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
  const engine: OneThread = new OneThread(
    { board, cores, memory: physical, execution, ram, overlays, compiler },
    {
      flush: () => machine.flush(),
      lineWaits: () => lines.some(({ lineWaits }) => lineWaits),
      resetByGuest: () => machine.resetByGuest(),
    },
  );
  const machine: Machine = new Machine({
    onReset: options.onReset ?? 'restart',
    engine,
    serial: lines,
    keyboard,
    mouse,
  });
  board.reset();
  return machine;
}

async function createInParallel(
  options: MachineOptions,
  setup: BoardSetup,
  drives: readonly Drive[],
): Promise<Machine> {
  const disks: Disk[] = [];
  const remote = (disk: Disk): RemoteDiskInfo => {
    const { sectors, readOnly } = disk;
    return { number: disks.push(disk) - 1, sectors, readOnly };
  };
  // An image that is written to is the host's.
  const driveSetups = drives.map(({ kind, disk, overlay }): DriveSetup => {
    if (!(disk instanceof Uint8Array)) return { kind, overlay, disk: remote(disk) };
    return { kind, overlay, disk: overlay || kind === 'cd' ? disk : remote(new BufferDisk(disk)) };
  });
  const report = options.report ?? ((): void => {});
  const lines = ([Kind.serial1, Kind.serial2] as const).map(
    (kind) =>
      new SerialLine({
        send: (bytes) => engine.send(kind, bytes),
        restart: () => engine.send(Kind.restart, new Uint8Array(0)),
      }),
  ) as [SerialLine, SerialLine];
  const engine: ParallelEngine = await ParallelEngine.start(
    {
      setup,
      bytes: physicalBytes(setup.ram, setup.bios),
      strictMemoryOrder: options.strictMemoryOrder ?? !isKnownToBeX86(),
      jit: options.jit ?? true,
      drives: driveSetups,
      devices: (options.devices ?? []).filter(isModule).map((device) => ({ ...device, module: String(device.module) })),
      onReset: options.onReset ?? 'restart',
      disks,
    },
    {
      serialBytes: (line, bytes) => {
        for (const byte of bytes) lines[line].receive(byte);
        lines[line].flush();
      },
      report,
      ending: (ending) => machine.endWith(ending),
    },
  );
  const keyboard = new Keyboard((code, pressed) => {
    if (!isKeyCode(code)) return false;
    engine.send(Kind.key, Uint8Array.from([pressed ? 1 : 0, ...new TextEncoder().encode(code)]));
    return true;
  });
  const mouse = new Mouse(({ dx = 0, dy = 0, dz = 0, buttons = -1 }) => {
    engine.send(Kind.mouse, new Uint8Array(Float64Array.of(dx, dy, dz, buttons).buffer));
  });
  const machine: Machine = new Machine({
    onReset: options.onReset ?? 'restart',
    engine,
    serial: lines,
    keyboard,
    mouse,
  });
  return machine;
}

/** Browsers do not say. */
function isKnownToBeX86(): boolean {
  const { process } = globalThis as { readonly process?: { readonly arch?: string } };
  return process?.arch === 'x64' || process?.arch === 'ia32';
}
