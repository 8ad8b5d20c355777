/** Core 0's thread: devices, and their connections to the host. */
import { BufferDisk, type Disk, type IdeDriveOptions, OverlayDisk } from '@drift-os/devices';
import { AccessServer } from '@drift-os/x86-core';
import { type ComposedBoard, composeBoard } from '../compose-board.ts';
import { MachineClock } from '../machine-clock.ts';
import type { Ending } from '../machine.ts';
import { restoreMachine, saveMachine, type StatefulParts } from '../machine-state.ts';
import type { AttachDevice } from '../options.ts';
import { PacedInput } from '../paced-input.ts';
import { Channel, Kind } from './channel.ts';
import type { BoardDuties, CoreThread } from './core-thread.ts';
import type { BoardStart, FromCore, ToCore } from './messages.ts';
import { refusalOf } from './refusal.ts';
import { RemoteDisks } from './remote-disk.ts';
import { ScreenServer } from './screen-request.ts';

/** While something waits for room in the channel, in milliseconds. */
const RETRY = 1;

export class BoardThread implements BoardDuties {
  readonly bus: ComposedBoard['bus'];
  readonly now: () => bigint;
  readonly #thread: CoreThread;
  readonly #composed: ComposedBoard;
  readonly #onReset: 'restart' | 'end';
  readonly #post: (message: FromCore) => void;
  readonly #clock: MachineClock;
  readonly #channel: Channel;
  readonly #disks: RemoteDisks;
  readonly #overlays: readonly (OverlayDisk | undefined)[];
  readonly #input: readonly [PacedInput, PacedInput];
  readonly #accesses: AccessServer;
  readonly #screen: ScreenServer;
  readonly #output: readonly [number[], number[]] = [[], []];
  #wantsReset = false;
  /** Promises of disks were resolved: what waits for them is done by other tasks of the thread. */
  #hasTasks = false;

  constructor(
    start: BoardStart,
    devices: readonly AttachDevice[],
    thread: CoreThread,
    post: (message: FromCore) => void,
  ) {
    this.#thread = thread;
    this.#post = post;
    this.#onReset = start.onReset;
    this.#clock = new MachineClock(thread.area.hostNow, () => thread.endTurn());
    this.now = () => this.#clock.now();
    this.#channel = new Channel(start.channel, 'core', () => post({ kind: 'channel' }));
    this.#disks = new RemoteDisks(this.#channel);
    const overlays: (OverlayDisk | undefined)[] = [];
    const drives = start.drives.map(({ kind, disk, overlay }): IdeDriveOptions => {
      const below: Disk = disk instanceof Uint8Array ? new BufferDisk(disk) : this.#disks.disk(disk);
      const above = overlay ? new OverlayDisk(below) : undefined;
      overlays.push(above);
      return { kind, disk: above ?? below };
    });
    this.#overlays = overlays;
    this.#composed = composeBoard(start.setup, {
      clock: this.#clock,
      memory: thread.memory,
      drives,
      devices,
      events: {
        serialByte: (line, byte) => void this.#output[line].push(byte),
        reset: () => {
          this.#wantsReset = true;
          thread.cpu.system.yields = true;
        },
        powerOff: () => this.#end({ reason: 'power-off', status: 0 }),
        exit: (status) => this.#end({ reason: 'exit', status }),
      },
      report: (message) => thread.report(message),
      interruptRequest: (level) => thread.interrupt(level),
      send: thread.send,
      portAccess: () => {},
    });
    this.bus = this.#composed.bus;
    const input = (line: 0 | 1): PacedInput =>
      new PacedInput(this.#clock, (bytes) => this.#composed.board.serial[line].receive(bytes));
    this.#input = [input(0), input(1)];
    const { exchange } = thread.memory;
    if (exchange === undefined) throw new Error('The memory is not shared');
    this.#accesses = new AccessServer(exchange, this.bus);
    this.#screen = new ScreenServer(thread.area, exchange.host, this.#composed.board.vga);
  }

  /** The lines of devices are set once there is a core. */
  begin(): void {
    this.#composed.board.reset();
  }

  beforeTurn(): boolean {
    if (this.#wantsReset) this.#resetByGuest();
    this.#channel.flush();
    this.#channel.receive((kind, payload) => this.#receive(kind, payload));
    this.#thread.area.lose(this.#clock.lost);
    this.#clock.advanceTo(this.#clock.now());
    this.#thread.area.holdAt(this.#clock.next);
    if (!this.#hasTasks) return true;
    this.#hasTasks = false;
    return false;
  }

  #receive(kind: number, payload: Uint8Array): void {
    switch (kind) {
      case Kind.serial1:
      case Kind.serial2:
        this.#input[kind].send(payload);
        break;
      case Kind.key:
        this.#composed.board.keyboardController.keyboard.key(
          new TextDecoder().decode(payload.subarray(1)),
          payload[0] === 1,
        );
        break;
      case Kind.mouse: {
        const [dx = 0, dy = 0, dz = 0, buttons = -1] = new Float64Array(payload.slice().buffer);
        this.#composed.board.keyboardController.mouse.move({ dx, dy, dz, ...(buttons < 0 ? {} : { buttons }) });
        break;
      }
      case Kind.restart:
        for (const line of this.#input) line.restart();
        break;
      case Kind.diskDone:
        this.#disks.done(payload);
        this.#hasTasks = true;
    }
  }

  afterTurn(): void {
    for (const line of [0, 1] as const) {
      const bytes = this.#output[line];
      if (bytes.length > 0) this.#channel.send(Kind[`serial${(line + 1) as 1 | 2}`], Uint8Array.from(bytes.splice(0)));
    }
    if (this.#composed.board.vga.changed) this.#thread.area.screenChanged = true;
  }

  get isBehind(): boolean {
    return this.#clock.behind > 0n;
  }

  untilDue(): number {
    if (this.#channel.isBacklogged) return RETRY;
    const due = this.#clock.next;
    return due === undefined ? Number.POSITIVE_INFINITY : Number(due - this.#clock.now()) / 1e6;
  }

  shutdown(): void {
    this.#wantsReset = true;
  }

  serveDevices(): void {
    this.#accesses.serve();
    this.#screen.serve();
  }

  #end(ending: Ending): void {
    this.afterTurn();
    this.#thread.cease();
    this.#post({ kind: 'ending', ending });
  }

  #resetByGuest(): void {
    this.#wantsReset = false;
    if (this.#onReset === 'end') {
      this.#end({ reason: 'reset', status: 0 });
      return;
    }
    this.#reset(true);
  }

  #reset(cores: boolean): void {
    if (cores) this.#thread.resetOthers();
    this.#composed.board.reset();
    if (cores) this.#thread.cpu.reset();
  }

  message(message: ToCore): void {
    switch (message.kind) {
      case 'reset':
        this.#reset(message.cores);
        break;
      case 'save':
        this.#post({ kind: 'saved', state: saveMachine(this.#parts()) });
        break;
      case 'restore':
        try {
          restoreMachine(this.#parts(), message.state);
          this.#post({ kind: 'restored', time: message.state.time });
        } catch (error) {
          this.#post(refusalOf(error));
        }
        break;
      default:
        throw new Error(`Core 0 got a message that it does not know: ${message.kind}`);
    }
  }

  /** The cores of a paused machine are the host's: it saves and restores them. */
  #parts(): StatefulParts {
    const { board, ram } = this.#composed;
    const { area, memory } = this.#thread;
    const cores = (memory.exchange?.cores ?? []).map(() => ({ save: () => NO_CORE, restore: () => {} }));
    return {
      board,
      ram,
      memory,
      cores,
      overlays: this.#overlays,
      time: {
        kind: 'host',
        now: area.now,
        restart: (time) => {
          area.setClock(time, false);
          area.holdAt(undefined);
          this.#clock.restart(time);
        },
      },
    };
  }
}

/** In place of the state that the host adds. */
const NO_CORE = undefined as unknown as ReturnType<StatefulParts['cores'][number]['save']>;
