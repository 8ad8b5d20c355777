/** Device registers in the physical address space: which window answers where RAM does not. */
import type { AccessBytes, MemoryWindow } from '@drift-os/devices';
import { MachineError } from './machine-error.ts';

export interface MemoryRange {
  /** Of the device, for messages. */
  readonly name: string;
  /** Physical address, below 2^52. */
  readonly first: number;
  /** In bytes. */
  readonly length: number;
  readonly window: MemoryWindow;
}

export class MemorySpace {
  /** By address, without overlaps. */
  #ranges: MemoryRange[] = [];
  /** The one that was laid last comes first. */
  #covers: MemoryRange[] = [];
  #last: MemoryRange | undefined;
  readonly #unclaimed: (address: number, access: 'read' | 'write') => void;
  readonly #reported = new Set<number>();

  /** `unclaimed` is told of pages that nobody answers on, once for reads and once for writes. */
  constructor(unclaimed: (address: number, access: 'read' | 'write') => void) {
    this.#unclaimed = unclaimed;
  }

  get ranges(): readonly MemoryRange[] {
    return this.#ranges;
  }

  /** @throws MachineError ADDRESS_CONFLICT where another window already lies. */
  add(range: MemoryRange): void {
    const other = this.#ranges.find(
      (each) => range.first < each.first + each.length && each.first < range.first + range.length,
    );
    if (other !== undefined) {
      throw new MachineError(
        'ADDRESS_CONFLICT',
        `${range.name} at ${hex(range.first)} overlaps ${other.name} at ${hex(other.first)}. Give one of them another address.`,
      );
    }
    this.#ranges.push(range);
    this.#ranges.sort((a, b) => a.first - b.first);
  }

  /** Lays a window over what is there, as a PCI function does that is told where to decode. */
  cover(range: MemoryRange): void {
    this.#covers.unshift(range);
    this.#last = undefined;
  }

  /** Takes a covering window away again; what it covered comes back. */
  uncover(window: MemoryWindow): void {
    this.#covers = this.#covers.filter((range) => range.window !== window);
    this.#last = undefined;
  }

  /** The window at an address. */
  find(address: number): MemoryRange | undefined {
    const last = this.#last;
    if (last !== undefined && holds(last, address)) return last;
    const cover = this.#covers.find((range) => holds(range, address));
    if (cover !== undefined) return (this.#last = cover);
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle] as MemoryRange;
      if (address < range.first) high = middle;
      else if (address >= range.first + range.length) low = middle + 1;
      else return this.#covers.length > 0 ? range : (this.#last = range);
    }
    return undefined;
  }

  /** All ones where nothing is. */
  read(address: number, bytes: AccessBytes): number {
    const range = this.find(address);
    if (range !== undefined && address + bytes <= range.first + range.length) {
      return range.window.read(address - range.first, bytes);
    }
    if (bytes > 1) {
      let value = 0;
      for (let i = 0; i < bytes; i++) value += this.read(address + i, 1) * 256 ** i;
      return value;
    }
    this.#report(address, 'read');
    return 0xff;
  }

  /** Lost where nothing is. */
  write(address: number, bytes: AccessBytes, value: number): void {
    const range = this.find(address);
    if (range !== undefined && address + bytes <= range.first + range.length) {
      range.window.write(address - range.first, bytes, value);
      return;
    }
    if (bytes > 1) {
      for (let i = 0; i < bytes; i++) this.write(address + i, 1, (value >>> (8 * i)) & 0xff);
      return;
    }
    this.#report(address, 'write');
  }

  #report(address: number, access: 'read' | 'write'): void {
    const key = Math.floor(address / 4096) * 2 + (access === 'read' ? 0 : 1);
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#unclaimed(address, access);
  }
}

function holds(range: MemoryRange, address: number): boolean {
  return address >= range.first && address < range.first + range.length;
}

function hex(value: number): string {
  return `${value.toString(16)}h`;
}
