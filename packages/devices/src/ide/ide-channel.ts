/** One IDE channel: command and control block registers of two drives that share them. ATA/ATAPI-6, chapter 7. */
import type { AccessBytes, InterruptLine, PortWindow } from '../device.ts';
import { BSY, DRQ, type IdeDrive, type IdeDriveState } from './ide-drive.ts';

const DATA = 0;
const ERROR_FEATURES = 1;
const COUNT = 2;
const LBA_LOW = 3;
const LBA_MID = 4;
const LBA_HIGH = 5;
const DEVICE = 6;
const STATUS_COMMAND = 7;
const ALTERNATE_STATUS_CONTROL = 2;
const DEVICE_1 = 0x10;
const NO_INTERRUPTS = 0x02;
const SOFTWARE_RESET = 0x04;
const HIGH_ORDER_BYTE = 0x80;
const EXECUTE_DIAGNOSTIC = 0x90;
const DEVICE_RESET = 0x08;

export interface IdeChannelState {
  selected: 0 | 1;
  control: number;
  drives: [IdeDriveState | undefined, IdeDriveState | undefined];
}

export class IdeChannel {
  /** 1F0h to 1F7h, or 170h to 177h. */
  readonly command: PortWindow;
  /** 3F4h to 3F7h, or 374h to 377h: only the third is used. */
  readonly control: PortWindow;
  /** Called when the selected drive wants, or no longer wants, the bus master. */
  changed: () => void = () => undefined;
  readonly #drives: readonly [IdeDrive | undefined, IdeDrive | undefined];
  readonly #irq: InterruptLine;
  #selected: 0 | 1 = 0;
  #control = 0;

  constructor(drives: readonly [IdeDrive | undefined, IdeDrive | undefined], irq: InterruptLine) {
    this.#drives = drives;
    this.#irq = irq;
    for (const drive of drives) if (drive !== undefined) drive.changed = () => this.#update();
    this.command = {
      readPort: (offset, bytes) => this.#read(offset, bytes),
      writePort: (offset, bytes, value) => this.#write(offset, bytes, value),
    };
    this.control = {
      readPort: (offset) => (offset === ALTERNATE_STATUS_CONTROL ? this.#status() : 0xff),
      writePort: (offset, _bytes, value) => {
        if (offset === ALTERNATE_STATUS_CONTROL) this.#writeControl(value & 0xff);
      },
    };
    this.reset();
  }

  reset(): void {
    this.#selected = 0;
    this.#control = 0;
    for (const drive of this.#drives) {
      drive?.reset();
      if (drive !== undefined) drive.state.device = 0;
    }
    this.#update();
  }

  save(): IdeChannelState {
    const [first, second] = this.#drives;
    return structuredClone({
      selected: this.#selected,
      control: this.#control,
      drives: [first?.state, second?.state],
    });
  }

  restore(state: IdeChannelState): void {
    const { selected, control, drives } = structuredClone(state);
    this.#selected = selected;
    this.#control = control;
    for (const [index, drive] of this.#drives.entries()) {
      const saved = drives[index];
      if (drive !== undefined && saved !== undefined) drive.state = saved;
    }
    this.#update();
  }

  /** The drive that is selected, where there is one. */
  get drive(): IdeDrive | undefined {
    return this.#drives[this.#selected];
  }

  /** Operations of the host under way. */
  get operations(): number {
    return this.#drives.reduce((sum, drive) => sum + (drive?.operations ?? 0), 0);
  }

  #update(): void {
    const interrupt = this.drive?.state.interrupt === true && (this.#control & NO_INTERRUPTS) === 0;
    this.#irq.set(interrupt);
    this.changed();
  }

  /** Where there is no drive 1, drive 0 answers for it with 0; without any, nothing pulls the lines down. */
  #status(): number {
    if (this.drive !== undefined) return this.drive.state.status;
    return this.#drives[0] === undefined ? 0xff : 0;
  }

  #read(offset: number, bytes: AccessBytes): number {
    if (offset === DATA) return this.#readData(bytes);
    const drive = this.drive;
    if (offset === STATUS_COMMAND) {
      const status = this.#status();
      if (drive !== undefined) drive.state.interrupt = false;
      this.#update();
      return status;
    }
    if (drive === undefined) return this.#drives[0] === undefined ? 0xff : offset === DEVICE ? this.#deviceOf(0) : 0;
    const { state } = drive;
    const depth = (this.#control & HIGH_ORDER_BYTE) !== 0 ? 1 : 0;
    switch (offset) {
      case ERROR_FEATURES:
        return state.error;
      case COUNT:
        return state.count[depth];
      case LBA_LOW:
        return state.lbaLow[depth];
      case LBA_MID:
        return state.lbaMid[depth];
      case LBA_HIGH:
        return state.lbaHigh[depth];
      default:
        return state.device | 0xa0;
    }
  }

  #deviceOf(index: 0 | 1): number {
    return (this.#drives[index]?.state.device ?? 0) | 0xa0;
  }

  #readData(bytes: AccessBytes): number {
    const value = this.drive?.readData(bytes) ?? 0xffffffff;
    this.#update();
    return value % 2 ** (8 * bytes);
  }

  /** Both drives see every write to the command block; only the selected one executes. */
  #write(offset: number, bytes: AccessBytes, value: number): void {
    if (offset === DATA) {
      this.drive?.writeData(bytes, value);
      this.#update();
      return;
    }
    const byte = value & 0xff;
    this.#control &= ~HIGH_ORDER_BYTE;
    if (offset === STATUS_COMMAND) {
      this.#execute(byte);
      return;
    }
    for (const drive of this.#drives) if (drive !== undefined) writeRegister(drive.state, offset, byte);
    if (offset === DEVICE) {
      this.#selected = (byte & DEVICE_1) !== 0 ? 1 : 0;
      this.#update();
    }
  }

  #execute(command: number): void {
    if (command === EXECUTE_DIAGNOSTIC) {
      for (const drive of this.#drives) drive?.reset();
      this.#selected = 0;
      if (this.drive !== undefined) this.drive.state.interrupt = true;
    } else if (this.drive !== undefined && (this.drive.state.status & (BSY | DRQ)) === 0) {
      this.drive.state.interrupt = false;
      this.drive.execute(command);
    } else if (command === DEVICE_RESET) this.drive?.reset();
    this.#update();
  }

  #writeControl(value: number): void {
    const resets = (value & ~this.#control & SOFTWARE_RESET) !== 0;
    this.#control = value;
    if (resets) {
      this.#selected = 0;
      for (const drive of this.#drives) {
        if (drive === undefined) continue;
        drive.state.device = 0;
        drive.reset();
        drive.state.status = BSY;
      }
    } else if ((value & SOFTWARE_RESET) === 0) {
      for (const drive of this.#drives) if (drive !== undefined && drive.state.status === BSY) drive.reset();
    }
    this.#update();
  }
}

function writeRegister(state: IdeDriveState, offset: number, value: number): void {
  switch (offset) {
    case ERROR_FEATURES:
      state.features = value;
      break;
    case COUNT:
      state.count = [value, state.count[0]];
      break;
    case LBA_LOW:
      state.lbaLow = [value, state.lbaLow[0]];
      break;
    case LBA_MID:
      state.lbaMid = [value, state.lbaMid[0]];
      break;
    case LBA_HIGH:
      state.lbaHigh = [value, state.lbaHigh[0]];
      break;
    case DEVICE:
      state.device = value;
  }
}
