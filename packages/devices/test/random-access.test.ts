/**
 * Random accesses to every window of every device: nothing throws, nothing loops, values fit their width, lines and time go on, and
 * any state can be saved and restored. Memory is small, so that most addresses a device is given for DMA are holes.
 */
import { describe, expect, test } from 'vitest';
import type { AccessBytes, Clock, Device, InterruptLine, MemoryWindow, PortWindow } from '../src/device.ts';
import * as devices from '../src/index.ts';
import { TestClock, TestEvents, TestLine, TestMemory, TestMessages } from './harness.ts';

const ACCESSES = 30_000;

interface Window {
  readonly bytes: number;
  read(offset: number, bytes: AccessBytes): number;
  write(offset: number, bytes: AccessBytes, value: number): void;
}

interface Subject {
  readonly device: Pick<Device<unknown>, 'reset' | 'save' | 'restore'> | undefined;
  /** Fixed windows, and after the PCI registers have been written, those behind them. */
  readonly windows: () => readonly Window[];
}

interface Surroundings {
  readonly clock: Clock;
  readonly line: () => InterruptLine;
  readonly memory: TestMemory;
  readonly messages: TestMessages;
  readonly events: TestEvents & Record<string, unknown>;
}

const ports = (bytes: number, window: PortWindow): Window => ({
  bytes,
  read: (offset, width) => window.readPort(offset, width),
  write: (offset, width, value) => window.writePort(offset, width, value),
});
const memoryOf = (bytes: number, window: MemoryWindow): Window => ({
  bytes,
  read: (offset, width) => window.read(offset, width),
  write: (offset, width, value) => window.write(offset, width, value),
});

/** A function's configuration space, and what it decodes. */
function pciWindows(pci: devices.PciFunction): Window[] {
  const configuration: Window = {
    bytes: 256,
    read: (offset, width) => pci.readConfig(offset, width),
    write: (offset, width, value) => pci.writeConfig(offset, width, value),
  };
  // Bus mastering and decoding are on, or little would happen.
  pci.writeConfig(4, 2, 7);
  for (let at = 0x10; at < 0x28; at += 4) if (pci.value(at, 4) >>> 4 === 0) pci.writeConfig(at, 4, 0xc000 + at * 0x40);
  const behind = pci
    .regions()
    .map((region) =>
      region.space === 'port' ? ports(region.bytes, region.window) : memoryOf(region.bytes, region.window),
    );
  // The registers behind the bars far more often than the bars.
  return [configuration, ...behind, ...behind, ...behind, ...behind];
}

const subject = (device: Subject['device'], ...windows: Window[]): Subject => ({ device, windows: () => windows });
const onPci = (device: NonNullable<Subject['device']> & { pci: devices.PciFunction }, ...more: Window[]): Subject => ({
  device,
  windows: () => [...pciWindows(device.pci), ...more],
});
const virtio = (device: devices.VirtioFunction, around: Surroundings): Subject =>
  onPci(new devices.VirtioPci(device, around));

const subjects: Record<string, (around: Surroundings) => Subject> = {
  '8259 pair': ({ line }) => {
    const pics = new devices.I8259Pair({ output: line() });
    const acknowledge: Window = {
      bytes: 4,
      read: () => pics.acknowledge(),
      write: (at, _w, v) => pics.input((at * 5 + v) & 15).set((v & 1) === 1),
    };
    return subject(pics, ports(2, pics.master), ports(2, pics.slave), ports(2, pics.edgeLevelControl), acknowledge);
  },
  8254: ({ clock, line }) => {
    const timer = new devices.I8254({ clock, irq: line() });
    const b = new devices.SystemControlB({ clock, timer });
    return subject(timer, ports(4, timer.ports), ports(1, b.ports));
  },
  MC146818: ({ clock, line }) => {
    const rtc = new devices.Mc146818({ clock, irq: line(), startTime: 1.7e12 });
    return subject(rtc, ports(2, rtc.ports));
  },
  8042: ({ line, events }) => {
    const controller = new devices.I8042({ keyboardIrq: line(), mouseIrq: line(), a20: line(), events });
    const host: Window = {
      bytes: 4,
      read: () => Number(controller.keyboard.key('KeyA', true)),
      write: (dx, _width, dy) => controller.mouse.move({ dx, dy: dy & 0xffff, buttons: dy & 7 }),
    };
    return subject(controller, ports(1, controller.data), ports(1, controller.control), host);
  },
  16550: ({ line, events }) => {
    const uart = new devices.Ns16550({ irq: line(), events });
    const host: Window = { bytes: 1, read: () => 0, write: (_o, _w, value) => uart.receive([value & 0xff]) };
    return subject(uart, ports(8, uart.ports), host);
  },
  '8237 pair': () => {
    const dma = new devices.I8237Pair();
    return subject(dma, ports(16, dma.low), ports(32, dma.high), ports(16, dma.pages));
  },
  'port 92h, debug and exit ports': ({ line, events }) => {
    const a = new devices.SystemControlA({ a20: line(), events });
    const debug = new devices.DebugPort({ debugByte: () => undefined });
    const exit = new devices.ExitPort({ exit: (status) => expect(status & 1).toBe(1) });
    return subject(a, ports(1, a.ports), ports(1, debug.ports), ports(4, exit.ports));
  },
  'I/O APIC': ({ messages, events }) => {
    const ioApic = new devices.IoApic({ messages, events });
    const lines: Window = {
      bytes: 24,
      read: () => 0,
      write: (pin, _w, value) => ioApic.input(pin).set((value & 1) === 1),
    };
    return subject(ioApic, memoryOf(4096, ioApic.memory), lines);
  },
  HPET: ({ clock, line, events }) => {
    const lines = Array.from({ length: 32 }, line);
    const hpet = new devices.Hpet({
      clock,
      line: (n) => lines[n] as InterruptLine,
      legacyRoutes: () => undefined,
      events,
    });
    return subject(hpet, memoryOf(1024, hpet.memory));
  },
  fw_cfg: ({ memory }) => {
    const items = new devices.FwCfgItems().setFile('a', new Uint8Array(5000));
    const fwCfg = new devices.FwCfg({ memory, items });
    return subject(fwCfg, ports(devices.FW_CFG_PORTS, fwCfg.ports));
  },
  'PCI bus with bridges': ({ line, messages, events, clock }) => {
    const space = { map: () => undefined, unmap: () => undefined };
    const piix3 = new devices.Piix3({ irq: line, events });
    const bus = new devices.PciBus({ space, messages, pirq: piix3.pirq, resetControl: piix3.resetControl });
    const host = new devices.I440fx({ shadow: () => undefined });
    const pm = new devices.Piix4Pm({
      clock,
      sci: line(),
      space,
      events: { unknownRegister: (r) => events.unknownRegister(r), sleep: () => undefined },
    });
    for (const [index, pci] of [host.pci, piix3.pci].entries()) bus.plug(index, 0, pci);
    bus.plug(1, 3, pm.pci);
    return subject(
      bus,
      ports(8, bus.ports),
      ...pciWindows(host.pci),
      ...pciWindows(piix3.pci),
      ...pciWindows(pm.pci),
      ports(2, pm.apm),
    );
  },
  'PIIX4 PM block': ({ line, clock }) => {
    const mapped: Window[] = [];
    const space = {
      map: (region: devices.PciRegion) => region.space === 'port' && mapped.push(ports(region.bytes, region.window)),
      unmap: () => undefined,
    };
    const pm = new devices.Piix4Pm({
      clock,
      sci: line(),
      space,
      events: { sleep: () => undefined, unknownRegister: () => undefined },
    });
    pm.pci.writeConfig(0x40, 4, 0x601);
    pm.pci.writeConfig(0x80, 1, 1);
    return subject(undefined, ...mapped, ports(2, pm.apm));
  },
  IDE: ({ line, memory, events }) => {
    const disk = new devices.BufferDisk(new Uint8Array(512 * 300));
    const drives = [
      { kind: 'disk', disk } as const,
      undefined,
      { kind: 'cd', disk } as const,
      { kind: 'cd', disk: undefined } as const,
    ];
    const ide = new devices.Piix3Ide({ drives, irqs: [line(), line()], memory, events });
    const legacy = ide.channels.flatMap((channel) => [ports(8, channel.command), ports(4, channel.control)]);
    return onPci(ide, ...legacy, ...legacy);
  },
  VGA: ({ clock, events }) => {
    const vga = new devices.Vga({ clock, events, memory: new Uint8Array(1 << 18) });
    const picture: Window = {
      bytes: 1,
      read: () => {
        const drawn = vga.picture();
        return drawn === undefined ? 0 : Number(drawn.pixels.length !== drawn.width * drawn.height * 4);
      },
      write: () => vga.text(),
    };
    return onPci(
      vga,
      ports(0x30, vga.ports),
      ports(0x30, vga.ports),
      ports(4, vga.vbePorts),
      memoryOf(0x20000, vga.window),
      rarely(picture),
    );
  },
  'virtio block': (around) =>
    virtio(new devices.VirtioBlock({ disk: new devices.BufferDisk(new Uint8Array(512 * 64)) }), around),
  'virtio network': (around) => {
    const net = new devices.VirtioNet({ mac: new Uint8Array(6), events: { frame: () => undefined } });
    const made = virtio(net, around);
    const host: Window = { bytes: 1, read: () => Number(net.receive(new Uint8Array(60))), write: () => undefined };
    return { ...made, windows: () => [...made.windows(), host] };
  },
  'virtio console': (around) => {
    const port = new devices.VirtioConsole({ consoleBytes: () => undefined });
    const made = virtio(port, around);
    return { ...made, windows: () => [...made.windows(), { bytes: 1, read: () => 0, write: () => port.receive([1]) }] };
  },
  'virtio entropy': (around) => virtio(new devices.VirtioRng((target) => target.fill(1)), around),
  e1000: ({ memory, events }) => {
    const nic = new devices.E1000({
      mac: new Uint8Array(6),
      memory,
      events: { unknownRegister: (r) => events.unknownRegister(r), frame: () => undefined },
    });
    const host: Window = { bytes: 1, read: () => Number(nic.receive(new Uint8Array(100))), write: () => undefined };
    const made = onPci(nic, host);
    return made;
  },
  AC97: ({ clock, memory, events }) =>
    onPci(
      new devices.Ac97({
        clock,
        memory,
        events: { unknownRegister: (r) => events.unknownRegister(r), audio: () => undefined },
      }),
    ),
  ivshmem: ({ events }) =>
    onPci(
      new devices.Ivshmem({
        memory: new Uint8Array(new SharedArrayBuffer(4096)),
        id: 1,
        vectors: 4,
        events: { unknownRegister: (r) => events.unknownRegister(r), doorbell: () => undefined },
      }),
    ),
};

/** A window that is slow is read seldom. */
function rarely(window: Window): Window {
  let count = 0;
  return { ...window, read: (offset, bytes) => (++count % 200 === 0 ? window.read(offset, bytes) : 0) };
}

function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each(Object.keys(subjects))('%s', (name) => {
  test.each([1, 2])('seed %i', (seed) => {
    const random = generator(seed * 7919);
    const clock = new TestClock();
    const memory = new TestMemory(0x8000);
    for (let i = 0; i < memory.bytes.length; i += 1) memory.bytes[i] = random(4) === 0 ? random(256) : 0;
    const around = {
      clock,
      memory,
      line: () => new TestLine(),
      messages: new TestMessages(),
      events: new TestEvents() as Surroundings['events'],
    };
    const make = subjects[name] as (typeof subjects)[string];
    const { device, windows } = make(around);
    let all = windows();
    for (let i = 0; i < ACCESSES; i++) {
      const window = all[random(all.length)] as Window;
      const bytes = Math.min([1, 2, 4][random(3)] as number, window.bytes) as AccessBytes;
      const width: AccessBytes = (bytes as number) === 3 ? 2 : bytes;
      // Registers are at the start of most windows.
      const span = random(2) === 0 ? Math.min(window.bytes, 64) : window.bytes;
      const offset = Math.max(0, Math.min(random(span), window.bytes - width));
      if (random(2) === 0) {
        const value = window.read(offset, width);
        const fits = Number.isInteger(value) && value >= 0 && value < 2 ** (8 * width);
        if (!fits) expect.fail(`${name}: ${width} bytes at ${offset} read as ${value}`);
      } else {
        const values = [0, 1, 0x80, 0xff, 0x1000 * random(8), random(256), 2 ** random(32), random(2 ** 32)];
        window.write(offset, width, (values[random(values.length)] as number) % 2 ** (8 * width));
      }
      if (random(50) === 0) clock.advance(BigInt(random(2_000_000)));
      if (random(3000) === 0) device?.restore(structuredClone(device.save()));
      if (random(10_000) === 0) device?.reset();
      if (random(500) === 0) all = windows();
    }
  });
});
