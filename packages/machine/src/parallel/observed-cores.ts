/** The cores of a machine in parallel, as the host's thread has them while it is paused. */
import {
  Cpu,
  dispatchInterrupt,
  type Exchange,
  type InterruptMessage,
  type PhysicalMemory,
  RemoteBus,
} from '@drift-os/x86-core';
import type { Area } from './area.ts';

export function observedCores(memory: PhysicalMemory, exchange: Exchange, cores: number, area: Area): Cpu[] {
  const all: Cpu[] = [];
  const sendInterrupt = (message: InterruptMessage): void =>
    dispatchInterrupt(
      all.map((cpu) => cpu.system.apic),
      message,
    );
  for (let core = 0; core < cores; core++) {
    const bus = new RemoteBus(exchange, { core, sendInterrupt });
    all.push(new Cpu(bus, { memory, core, apicId: core, cores, now: area.now }));
  }
  return all;
}

/** What has come for the cores of a paused machine since it was. */
export function takeMail(cores: readonly Cpu[]): void {
  for (const { link } of cores) link?.serve();
}
