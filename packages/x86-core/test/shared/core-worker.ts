/** A thread of the tests: runs one core from a given state until it halts for good (HLT with interrupts off). Core 0's has a device: port 80h adds up. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  AccessServer,
  type Bus,
  Cpu,
  dispatchInterrupt,
  emptyBus,
  enterLongMode,
  type InterruptMessage,
  PhysicalMemory,
  RemoteApic,
  RemoteBus,
  type SharedMemoryPlace,
} from '../../src/index.ts';

export interface CoreSetup {
  readonly place: SharedMemoryPlace;
  readonly core: number;
  readonly rip: number;
  readonly rsp: number;
  readonly tables: number;
  /** Of an IDT whose gates lead to code segment 8. */
  readonly idt: number;
}

export interface CoreResult {
  readonly core: number;
  readonly registers: Readonly<Record<string, bigint>>;
  readonly reason: string;
  /** Sum of what was written to port 80h; of core 0 only. */
  readonly port: number;
  /** Milliseconds of this process's CPU time while all threads ran. */
  readonly cpuTime: number;
}

const { place, core, rip, rsp, tables, idt } = workerData as CoreSetup;
const memory = PhysicalMemory.attach(place, core);
const { exchange } = memory;
if (exchange === undefined) throw new Error('The memory is not shared');
let port = 0;
const sendInterrupt = (message: InterruptMessage): void => {
  const targets = exchange.cores.map((mailbox, number) =>
    number === core ? cpu.system.apic : new RemoteApic(mailbox),
  );
  dispatchInterrupt(targets, message);
};
const own: Bus = {
  ...emptyBus,
  sendInterrupt,
  writePort: (address, _bytes, value) => void (port += address === 0x80 ? value : 0),
  readPort: () => port & 0xff,
};
const bus = core === 0 ? own : new RemoteBus(exchange, { core, sendInterrupt });
const now = (): bigint => process.hrtime.bigint();
const cpu = new Cpu(bus, { memory, core, apicId: core, cores: exchange.cores.length, now });
if (core === 0) {
  const server = new AccessServer(exchange, own);
  exchange.serveDevices = () => server.serve();
}
const { link } = cpu;
if (link === undefined) throw new Error('The core is not linked');
cpu.system.activity = 'running';
enterLongMode(cpu, { rip: BigInt(rip), rsp: BigInt(rsp), tables });
// The gates' code segment is loaded from here.
const gdt = tables + 0x2000;
memory.write(gdt, new Uint8Array(BigUint64Array.from([0n, 0x00af_9b00_0000_ffffn, 0x00cf_9300_0000_ffffn]).buffer));
cpu.context.gdtr = { base: BigInt(gdt), limit: 23 };
cpu.context.idtr = { base: BigInt(idt), limit: 0xfff };
cpu.registers.set('rdi', core);
const begun = process.cpuUsage();
parentPort?.once('message', () => {
  const reason = run();
  const { user, system } = process.cpuUsage(begun);
  const registers = Object.fromEntries(
    ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'r8', 'r9'].map((name) => [name, cpu.registers.get(name)]),
  );
  const result: CoreResult = { core, registers, reason, port, cpuTime: (user + system) / 1000 };
  parentPort?.postMessage(result);
});
parentPort?.postMessage('ready');

function run(): string {
  link?.unpark();
  for (;;) {
    const reason = cpu.run(20_000);
    if (reason === 'budget') continue;
    const isOver = (cpu.registers.rflags & 0x200) === 0 && cpu.system.monitored === undefined;
    if (reason !== 'halt' || isOver) {
      // Others may still want something of core 0's devices, and answers.
      link?.park();
      if (core === 0) serveToTheEnd();
      return reason;
    }
    link?.sleep(1000);
  }
}

function serveToTheEnd(): void {
  setInterval(() => exchange?.serveDevices(), 1).unref();
}
