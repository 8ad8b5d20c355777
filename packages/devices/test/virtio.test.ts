/** Virtio devices, driven through their queues as a driver of the specification does, on the modern and the legacy interface. */
import { beforeEach, describe, expect, test } from 'vitest';
import { BufferDisk } from '../src/disk/buffer-disk.ts';
import { PciBus } from '../src/pci/pci-bus.ts';
import { VirtioBlock } from '../src/virtio/virtio-block.ts';
import { VirtioConsole } from '../src/virtio/virtio-console.ts';
import { VirtioNet } from '../src/virtio/virtio-net.ts';
import { type VirtioFunction, VirtioPci } from '../src/virtio/virtio-pci.ts';
import { VirtioRng } from '../src/virtio/virtio-rng.ts';
import { TestEvents, TestLine, TestMemory, TestMessages } from './harness.ts';
import {
  type Buffer,
  DriverQueue,
  EVENT_INDEX,
  memoryWindow,
  portWindow,
  startModern,
  VERSION_1,
} from './virtio-driver.ts';

let memory: TestMemory;
let events: TestEvents;
let line: TestLine;
let messages: TestMessages;

beforeEach(() => {
  [memory, events, line, messages] = [new TestMemory(0x100000), new TestEvents(), new TestLine(), new TestMessages()];
});

function plug(device: VirtioFunction): VirtioPci {
  const pci = new VirtioPci(device, { memory, events });
  const none = new TestLine();
  const space = { map: () => undefined, unmap: () => undefined };
  new PciBus({ space, messages, pirq: [none, none, line, none] }).plug(3, 0, pci.pci);
  return pci;
}

const at = (address: number, bytes: number): Uint8Array => memory.bytes.slice(address, address + bytes);

describe('block', () => {
  let content: Uint8Array;
  let device: VirtioPci;
  const DATA = 0x80000;

  beforeEach(() => {
    content = Uint8Array.from({ length: 100 * 512 }, (_, i) => (i * 3 + (i >> 9)) & 0xff);
    device = plug(new VirtioBlock({ disk: new BufferDisk(content), serial: 'S1' }));
  });

  const request = (type: number, sector: number, ...data: Buffer[]): Buffer[] => {
    memory.view.setUint32(0x70000, type, true);
    memory.view.setBigUint64(0x70008, BigInt(sector), true);
    memory.bytes[0x71000] = 0xee;
    return [{ address: 0x70000, bytes: 16 }, ...data, { address: 0x71000, bytes: 1, write: true }];
  };
  const status = (): number => memory.bytes[0x71000] as number;

  test('identification and configuration', () => {
    expect([device.pci.value(0, 4), device.pci.value(0x2c, 4)]).toEqual([0x10011af4, 0x00021af4]);
    expect(memoryWindow(device, 4).read(0x2000, 4)).toBe(100);
  });

  test('reads scattered buffers, interrupts, and the ISR is cleared by reading', () => {
    const [queue] = startModern(device, memory, VERSION_1);
    queue?.offer(
      ...request(0, 7, { address: DATA, bytes: 512, write: true }, { address: DATA + 4096, bytes: 1024, write: true }),
    );
    expect([status(), queue?.takeUsed()]).toEqual([0, [1537]]);
    expect([at(DATA, 512), at(DATA + 4096, 1024)]).toEqual([
      content.slice(7 * 512, 8 * 512),
      content.slice(8 * 512, 10 * 512),
    ]);
    expect([line.level, memoryWindow(device, 4).read(0x1000, 1), line.level]).toEqual([true, 1, false]);
  });

  test('writes through an indirect table', () => {
    const [queue] = startModern(device, memory, VERSION_1 | (1n << 28n));
    memory.bytes.fill(0x5a, DATA, DATA + 512);
    queue?.offerIndirect(0x60000, ...request(1, 3, { address: DATA, bytes: 512 }));
    expect([status(), content[3 * 512], content[4 * 512 - 1]]).toEqual([0, 0x5a, 0x5a]);
  });

  test('flush, identification, errors', () => {
    const [queue] = startModern(device, memory, VERSION_1);
    queue?.offer(...request(4, 0));
    expect(status()).toBe(0);
    queue?.offer(...request(8, 0, { address: DATA, bytes: 20, write: true }));
    expect([status(), at(DATA, 3)]).toEqual([0, Uint8Array.of(0x53, 0x31, 0)]);
    queue?.offer(...request(0, 100, { address: DATA, bytes: 512, write: true }));
    expect(status()).toBe(1);
    queue?.offer(...request(77, 0));
    expect([status(), queue?.takeUsed().length]).toEqual([2, 4]);
  });

  test('with event indices it interrupts only when the driver asks', () => {
    const [queue] = startModern(device, memory, VERSION_1 | EVENT_INDEX);
    if (queue === undefined) throw new Error('no queue');
    memory.view.setUint16(queue.available + 4 + 2 * queue.size, 1, true);
    queue.offer(...request(4, 0));
    expect(line.level).toBe(false);
    queue.offer(...request(4, 0));
    expect(line.level).toBe(true);
    expect(memory.view.getUint16(queue.used + 4 + 8 * queue.size, true)).toBe(2);
  });

  test('by MSI-X where it is enabled', () => {
    const table = memoryWindow(device, 1);
    for (const [offset, value] of [
      [16, 0xfee00000],
      [24, 0x51],
      [28, 0],
    ] as const) {
      table.write(offset, 4, value);
    }
    device.pci.writeConfig(0x40, 4, 0x80000000);
    const [queue] = startModern(device, memory, VERSION_1);
    memoryWindow(device, 4).write(0x1a, 2, 1);
    queue?.offer(...request(4, 0));
    expect([messages.take().map(({ vector }) => vector), line.level]).toEqual([[0x51], false]);
  });

  test('a driver that makes no sense stops the device until it is reset', () => {
    const [queue] = startModern(device, memory, VERSION_1);
    queue?.publish(200);
    const window = memoryWindow(device, 4);
    window.write(0x3000, 2, 0);
    expect([window.read(0x14, 1) & 0x40, events.unknown.length]).toEqual([0x40, 1]);
    memory.bytes.fill(0, 0x11000, 0x13000);
    const [again] = startModern(device, memory, VERSION_1);
    again?.offer(...request(4, 0));
    expect(status()).toBe(0);
  });

  test('a chain that bites its tail', () => {
    const [queue] = startModern(device, memory, VERSION_1);
    queue?.descriptor(queue.base, { address: 0x70000, bytes: 16 }, 1, 0);
    queue?.publish(0);
    memoryWindow(device, 4).write(0x3000, 2, 0);
    expect(memoryWindow(device, 4).read(0x14, 1) & 0x40).toBe(0x40);
  });

  test('the legacy interface', () => {
    const ports = portWindow(device);
    expect([ports.readPort(0x0c, 2), ports.readPort(0x14, 4)]).toEqual([256, 100]);
    ports.writePort(4, 4, 0);
    ports.writePort(8, 4, 0x10);
    ports.writePort(0x12, 1, 7);
    request(0, 5);
    const queue = new DriverQueue(memory, 0x10000, () => undefined);
    queue.descriptor(0x10000, { address: 0x70000, bytes: 16 }, 1, 1);
    queue.descriptor(0x10010, { address: DATA, bytes: 512, write: true }, 1, 2);
    queue.descriptor(0x10020, { address: 0x71000, bytes: 1, write: true }, 0, 0);
    memory.view.setUint32(0x11000, 0x00010000, true);
    ports.writePort(0x10, 2, 0);
    expect([status(), at(DATA, 512)]).toEqual([0, content.slice(5 * 512, 6 * 512)]);
    expect([memory.view.getUint16(0x12002, true), ports.readPort(0x13, 1)]).toEqual([1, 1]);
  });

  test('a saved device goes on', () => {
    const [queue] = startModern(device, memory, VERSION_1);
    queue?.offer(...request(4, 0));
    const copy = plug(new VirtioBlock({ disk: new BufferDisk(content) }));
    copy.restore(structuredClone(device.save()));
    queue?.add(...request(0, 1, { address: DATA, bytes: 512, write: true }));
    copy.notifyQueue(0);
    expect([status(), queue?.takeUsed(), at(DATA, 512)]).toEqual([0, [1, 513], content.slice(512, 1024)]);
  });
});

describe('network', () => {
  const frames: Uint8Array[] = [];
  const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56);
  let net: VirtioNet;
  let device: VirtioPci;

  beforeEach(() => {
    frames.length = 0;
    net = new VirtioNet({ mac, events: { frame: (bytes) => frames.push(bytes.slice()) } });
    device = plug(net);
  });

  test('sends frames, and completes their checksum', () => {
    const [, transmit] = startModern(device, memory, VERSION_1 | 1n);
    const header = [1, 0, 0, 0, 0, 0, 14, 0, 6, 0, 0, 0];
    memory.bytes.set([...header, ...new Array<number>(14).fill(9), 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 1], 0x70000);
    transmit?.offer({ address: 0x70000, bytes: 35 });
    expect(frames.length).toBe(1);
    // 1234h + 5678h + 0100h = 69ACh, whose complement is 9653h.
    expect([...(frames[0] as Uint8Array).subarray(14)]).toEqual([0x12, 0x34, 0x56, 0x78, 0, 0, 0x96, 0x53, 1]);
  });

  test('receives into merged buffers, or loses the frame and keeps the buffers', () => {
    const [receive] = startModern(device, memory, VERSION_1 | (1n << 15n));
    receive?.offer({ address: 0x70000, bytes: 64, write: true });
    const frame = Uint8Array.from({ length: 100 }, (_, i) => i);
    expect(net.receive(frame)).toBe(false);
    receive?.offer({ address: 0x71000, bytes: 64, write: true });
    expect([net.receive(frame), receive?.takeUsed()]).toEqual([true, [64, 48]]);
    expect(memory.view.getUint16(0x7000a, true)).toBe(2);
    expect(Uint8Array.of(...at(0x7000c, 52), ...at(0x71000, 48))).toEqual(frame);
  });

  test('MAC and link state', () => {
    startModern(device, memory, VERSION_1);
    const window = memoryWindow(device, 4);
    expect([window.read(0x2000, 4), window.read(0x2006, 2)]).toEqual([0x12005452, 1]);
    net.setLink(false);
    expect([window.read(0x2006, 2), window.read(0x15, 1), window.read(0x1000, 1)]).toEqual([0, 1, 2]);
  });
});

test('console: both ways, and what waits for buffers', () => {
  const sent: number[] = [];
  const port = new VirtioConsole({ consoleBytes: (bytes) => sent.push(...bytes) });
  const [receive, transmit] = startModern(plug(port), memory, VERSION_1);
  memory.bytes.set([104, 105], 0x70000);
  transmit?.offer({ address: 0x70000, bytes: 2 });
  expect(sent).toEqual([104, 105]);
  port.receive([1, 2, 3]);
  receive?.offer({ address: 0x71000, bytes: 2, write: true });
  receive?.offer({ address: 0x72000, bytes: 2, write: true });
  expect([receive?.takeUsed(), at(0x71000, 2), at(0x72000, 1)]).toEqual([
    [2, 1],
    Uint8Array.of(1, 2),
    Uint8Array.of(3),
  ]);
});

test('entropy', () => {
  const device = plug(new VirtioRng((target) => target.fill(0x42)));
  expect(device.pci.value(0, 4)).toBe(0x10051af4);
  const [queue] = startModern(device, memory, VERSION_1);
  queue?.offer({ address: 0x70000, bytes: 8, write: true });
  expect([queue?.takeUsed(), at(0x70000, 9)]).toEqual([[8], Uint8Array.of(...new Array<number>(8).fill(0x42), 0)]);
});
