/** The 65,536 I/O ports: which window answers where. Accesses that no window holds whole are split into bytes. */
import type { AccessBytes, PortWindow } from '@drift-os/devices';
import { MachineError } from './machine-error.ts';

export interface PortRange {
  /** Of the device, for messages. */
  readonly name: string;
  /** The first port, 0 to 65,535. */
  readonly first: number;
  /** How many ports. */
  readonly count: number;
  readonly window: PortWindow;
}

const PORTS = 0x1_0000;
const ALL_ONES = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff } as const;

export class PortSpace {
  /** By port: index in `#ranges`, or 0. */
  readonly #owner = new Uint16Array(PORTS);
  #ranges: (PortRange | undefined)[] = [undefined];
  readonly #fixed: PortRange[] = [];
  /** In the order in which they were laid. */
  readonly #covers: PortRange[] = [];
  readonly #unclaimed: (port: number, access: 'read' | 'write') => void;
  readonly #reported = new Set<number>();

  /** `unclaimed` is told of each port that nobody answers, once for reads and once for writes. */
  constructor(unclaimed: (port: number, access: 'read' | 'write') => void) {
    this.#unclaimed = unclaimed;
  }

  /** @throws MachineError ADDRESS_CONFLICT where another window already lies. */
  add(range: PortRange): void {
    const { first, count, name } = range;
    if (!(first >= 0 && count > 0 && first + count <= PORTS)) {
      throw new MachineError(
        'BAD_ADDRESS',
        `${name}: ports ${first} to ${first + count - 1} are outside of 0 to 65535.`,
      );
    }
    for (let port = first; port < first + count; port++) {
      const other = this.#ranges[this.#owner[port] as number];
      if (other === undefined) continue;
      throw new MachineError(
        'ADDRESS_CONFLICT',
        `Port ${hex(port)} belongs to ${other.name} already; ${name} wants ${hex(first)} to ${hex(first + count - 1)}. Give one of them other ports.`,
      );
    }
    this.#fixed.push(range);
    this.#place(range);
  }

  /** Lays a window over what is there, as a PCI function does that is told where to decode. What is above 65,535 is not reached. */
  cover(range: PortRange): void {
    this.#covers.push(range);
    this.#place(range);
  }

  /** Takes a covering window away again; what it covered comes back. */
  uncover(window: PortWindow): void {
    const at = this.#covers.findIndex((range) => range.window === window);
    if (at < 0) return;
    const [gone] = this.#covers.splice(at, 1);
    const fixed = this.#fixed;
    this.#owner.fill(0);
    this.#ranges = [undefined];
    for (const range of [...fixed, ...this.#covers]) if (range !== gone) this.#place(range);
  }

  #place(range: PortRange): void {
    const index = this.#ranges.push(range) - 1;
    this.#owner.fill(index, range.first, Math.min(range.first + range.count, PORTS));
  }

  /** Windows as they lie, by port. */
  get ranges(): readonly PortRange[] {
    return this.#ranges.filter((range) => range !== undefined).toSorted((a, b) => a.first - b.first);
  }

  read(port: number, bytes: AccessBytes): number {
    const range = this.#ranges[this.#owner[port] as number];
    if (range !== undefined && port + bytes <= range.first + range.count) {
      return range.window.readPort(port - range.first, bytes);
    }
    if (bytes === 1 || this.#isUnclaimed(port, bytes)) {
      this.#report(port, 'read');
      return ALL_ONES[bytes];
    }
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.read((port + i) & 0xffff, 1) * 256 ** i;
    return value;
  }

  write(port: number, bytes: AccessBytes, value: number): void {
    const range = this.#ranges[this.#owner[port] as number];
    if (range !== undefined && port + bytes <= range.first + range.count) {
      range.window.writePort(port - range.first, bytes, value);
      return;
    }
    if (bytes === 1 || this.#isUnclaimed(port, bytes)) {
      this.#report(port, 'write');
      return;
    }
    for (let i = 0; i < bytes; i++) this.write((port + i) & 0xffff, 1, (value >>> (8 * i)) & 0xff);
  }

  #isUnclaimed(port: number, bytes: number): boolean {
    for (let i = 0; i < bytes; i++) if (this.#owner[(port + i) & 0xffff] !== 0) return false;
    return true;
  }

  #report(port: number, access: 'read' | 'write'): void {
    const key = port * 2 + (access === 'read' ? 0 : 1);
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#unclaimed(port, access);
  }
}

function hex(value: number): string {
  return `${value.toString(16)}h`;
}
