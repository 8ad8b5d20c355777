/** The breakpoints and watchpoints that gdb has set, so that they are gone when it is. */
import type { Watchpoint } from '@drift-os/x86-core';
import type { Machine } from '../machine.ts';

/** By the number behind Z and z. */
const watchKinds: Readonly<Record<string, Watchpoint['kind']>> = { 2: 'write', 3: 'read', 4: 'access' };

export class GdbStopPoints {
  readonly #machine: Machine;
  /** What takes each away, by `kind,address,length`. */
  readonly #set = new Map<string, () => void>();
  /** How many breakpoints of both kinds lie at an address. */
  readonly #breakpoints = new Map<bigint, number>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** @param kind 0 software, 1 hardware, 2 write, 3 read, 4 access @returns false for a kind that is not known. Setting one twice is once. */
  insert(kind: string, linear: bigint, bytes: number): boolean {
    const key = `${kind},${linear},${bytes}`;
    if (this.#set.has(key)) return true;
    const watched = watchKinds[kind];
    if (watched !== undefined) {
      const watchpoint: Watchpoint = { linear, bytes, kind: watched };
      this.#machine.setWatchpoint(watchpoint);
      this.#set.set(key, () => this.#machine.clearWatchpoint(watchpoint));
      return true;
    }
    if (kind !== '0' && kind !== '1') return false;
    const count = this.#breakpoints.get(linear) ?? 0;
    this.#breakpoints.set(linear, count + 1);
    if (count === 0) this.#machine.setBreakpoint(linear);
    this.#set.set(key, () => {
      const left = (this.#breakpoints.get(linear) ?? 1) - 1;
      this.#breakpoints.set(linear, left);
      if (left === 0) this.#machine.clearBreakpoint(linear);
    });
    return true;
  }

  /** How a stop at a breakpoint is told, where gdb has one there: it passes over a stop of the other kind in silence. */
  kindAt(linear: bigint): 'swbreak' | 'hwbreak' | undefined {
    const at = (kind: string): boolean => [...this.#set.keys()].some((key) => key.startsWith(`${kind},${linear},`));
    if (at('0')) return 'swbreak';
    return at('1') ? 'hwbreak' : undefined;
  }

  remove(kind: string, linear: bigint, bytes: number): void {
    const key = `${kind},${linear},${bytes}`;
    this.#set.get(key)?.();
    this.#set.delete(key);
  }

  clear(): void {
    for (const remove of this.#set.values()) remove();
    this.#set.clear();
  }
}
