import {
  WORKER_CONTROL_IN_AT,
  WORKER_FAULTED,
  WORKER_STATE_AT,
  WORKER_STOPPED,
} from '@drift-os/abi/layout/worker-block';
import { control } from '@drift-os/abi';
import { RingReader, RingWriter } from '@drift-os/ring';
import { RING_WRITER_POSITION_AT } from '@drift-os/ring/layout/ring';
import { describe, expect, it } from 'vitest';
import { FakeMachine, Halted } from './fake-machine.ts';
import { FakeWorker } from './fake-worker.ts';
import { kernelWasm } from './kernel-wasm.ts';

const MEBIBYTES = 64;
const APPLICATIONS = ['hello', 'echo', 'screen'];
const STOPPED = { state: 3, status: 0 };

interface World {
  readonly machine: FakeMachine;
  readonly workers: FakeWorker[];
}

/** Boots with two workers and runs `script`: each `yield` lets Thread/C work until it sleeps. Returns what COM1 said. */
function run(script: (world: World) => Generator<undefined>, typed = ''): string {
  const machine = new FakeMachine(MEBIBYTES);
  const workers: FakeWorker[] = [];
  machine.acpi(3);
  machine.onStartup = () => {
    workers.push(new FakeWorker(machine));
  };
  const steps = script({ machine, workers });
  machine.onPause = () => {
    for (const worker of workers) worker.poll();
  };
  machine.onSleep = () => {
    machine.onPause();
    return steps.next().done !== true;
  };
  const { exports } = new WebAssembly.Instance(kernelWasm, machine.imports());
  const kernel = exports as { _start(): void; kmain(bootInfo: number): void };
  const top = BigInt(MEBIBYTES << 20);
  const map = [
    { base: 0n, length: 0x9fc00n, type: 1 },
    { base: 0xf0000n, length: 0x10000n, type: 2 },
    { base: 0x100000n, length: top - 0x100000n, type: 1 },
  ];
  machine.input.push(...new TextEncoder().encode(typed));
  kernel._start();
  expect(() => kernel.kmain(machine.bootInformation(map, APPLICATIONS))).toThrow(Halted);
  return machine.serial;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function first(workers: FakeWorker[]): [FakeWorker, FakeWorker] {
  const [one, two] = workers;
  if (one === undefined || two === undefined) throw new Error('two workers were to be started');
  return [one, two];
}

describe('workers', () => {
  it('are started, counted, and greeted with the hash of the interface', () => {
    const serial = run(function* ({ workers }) {
      yield undefined;
      expect(workers.length).toBe(2);
      for (const worker of workers) expect(worker.last('hello')).toMatchObject({ epoch: 1 });
    });
    expect(serial).toContain('3 cores');
    expect(serial).not.toContain('error');
  });

  it('get zeroed pages, and keep nothing that they gave back', () => {
    run(function* ({ machine, workers }) {
      const [worker] = first(workers);
      worker.send('pageRequest', { request: 7, instance: 0, pages: 3, purpose: 2 });
      yield undefined;
      const grant = worker.last('pageGrant');
      expect(grant).toMatchObject({ request: 7, pages: 3, status: 0 });
      const address = Number(grant?.['address']);
      expect(new Uint8Array(machine.memory.buffer, address, 3 * 4096).every((byte) => byte === 0)).toBe(true);
      worker.send('pageRequest', { request: 8, instance: 99, pages: 1, purpose: 2 });
      worker.send('pageRequest', { request: 9, instance: 0, pages: 1 << 19, purpose: 2 });
      yield undefined;
      expect(worker.received.filter(({ name }) => name === 'pageGrant').map(({ fields }) => fields['status'])).toEqual([
        0, 2, 1,
      ]);
      worker.send('pageReturn', { address: BigInt(address), instance: 0, pages: 3 });
      worker.send('pageRequest', { request: 10, instance: 0, pages: 3, purpose: 2 });
      yield undefined;
      expect(worker.last('pageGrant')).toMatchObject({ request: 10, address: BigInt(address) });
    });
  });

  it('are told that a protection holds only when all have flushed', () => {
    run(function* ({ machine, workers }) {
      const [worker, other] = first(workers);
      worker.send('pageRequest', { request: 1, instance: 0, pages: 1, purpose: 3 });
      yield undefined;
      const address = worker.last('pageGrant')?.['address'] ?? 0n;
      const poll = machine.onPause;
      let pauses = 0;
      machine.onPause = () => {
        other.stale = ++pauses < 5;
        poll();
        if (other.stale) expect(worker.last('result')).toBeUndefined();
      };
      worker.send('pageProtect', { address, request: 2, instance: 0, pages: 1, protection: 1 });
      yield undefined;
      expect(pauses).toBeGreaterThanOrEqual(5);
      expect(worker.last('result')).toMatchObject({ request: 2, status: 0 });
    });
  });

  it('crash without taking Thread/C with them', () => {
    const serial = run(function* ({ machine, workers }) {
      const [worker] = first(workers);
      machine.view.setBigUint64(worker.block + 0x200 + 120, 14n, true);
      machine.view.setBigUint64(worker.block + 0x200 + 128, 2n, true);
      machine.view.setBigUint64(worker.block + 0x2b0, 8n, true);
      worker.state = WORKER_FAULTED;
      yield undefined;
    });
    expect(serial).toContain('CRASH: worker 1: write of unmapped memory at 0x8, in page 0, which is never mapped');
    expect(serial.slice(-10)).toContain('drift> ');
  });
});

describe('a worker that writes nonsense', () => {
  it('in its ring is stopped, and the others go on', () => {
    const serial = run(function* ({ machine, workers }) {
      const [worker, other] = first(workers);
      yield undefined;
      const ring = worker.field(WORKER_CONTROL_IN_AT);
      machine.view.setUint32(ring + RING_WRITER_POSITION_AT, 0x12345678, true);
      yield undefined;
      expect(worker.field(WORKER_STATE_AT)).toBe(WORKER_STOPPED);
      other.send('ping', { token: 77n });
      yield undefined;
      expect(other.last('pong')).toEqual({ token: 77n });
    });
    expect(serial).toContain('worker 1 broke its stream with Thread/C');
  });

  it('in its messages is told off', () => {
    const serial = run(function* ({ workers }) {
      const [worker] = first(workers);
      worker.send('result', { request: 1, instance: 0, status: 0 });
      worker.send('pageReturn', { address: 0x100000n, instance: 0, pages: 1 });
      worker.send('pageReturn', { address: 0xffffffff_ffff0000n, instance: 0, pages: 0xffffffff });
      worker.send('ping', { token: 5n });
      yield undefined;
      expect(worker.last('pong')).toEqual({ token: 5n });
    });
    expect(serial).toContain(
      `worker 1 sent a message that is malformed or not for Thread/C, number ${control.messages.result.id}`,
    );
    expect(serial.match(/worker 1 returned pages that it does not have/g)?.length).toBe(2);
  });
});

/** Waits until the shell has started an instance on each of the two workers. */
function* start(workers: FakeWorker[]): Generator<undefined, number[]> {
  while (workers.some(({ instances }) => instances.length === 0)) yield undefined;
  return workers.flatMap(({ instances }) => instances);
}

describe('channels', () => {
  it('join a server and a client that asked first, and die with either', () => {
    run(function* ({ machine, workers }) {
      const [server, client] = yield* start(workers);
      const [one, two] = first(workers);
      expect([server, client]).toEqual([1, 2]);
      const service = text('test.echo');
      two.send('channelConnect', { interfaceHash: 5n, request: 21, instance: client ?? 0, service });
      yield undefined;
      one.send('channelServe', { interfaceHash: 5n, request: 11, instance: server ?? 0, service });
      yield undefined;
      const served = one.last('channelGrant');
      const connected = two.last('channelGrant');
      expect(served).toMatchObject({ request: 11, role: 1, peer: client });
      expect(connected).toMatchObject({ request: 21, role: 2, peer: server, channel: served?.['channel'] });
      const buffer = machine.memory.buffer;
      const epoch = Number(served?.['epoch']);
      const writer = new RingWriter({ buffer, ring: Number(served?.['writeRing']), epoch });
      const reader = new RingReader({ buffer, ring: Number(connected?.['readRing']), epoch });
      expect(writer.write(text('over the channel'), 3)).toBe(true);
      expect(reader.read()).toEqual({ payload: text('over the channel'), kind: 3 });
      one.send('applicationState', { instance: server ?? 0, ...STOPPED });
      yield undefined;
      expect(two.last('channelClosed')).toMatchObject({ instance: client, channel: served?.['channel'], status: 11 });
      expect(reader.read()).toBeUndefined();
      expect(reader.closed).not.toBe(0);
    }, 'start hello 1\rstart echo 2\r');
  });

  it('refuse another interface, a name that is taken, and a name that is too long', () => {
    run(function* ({ workers }) {
      const [server, client] = yield* start(workers);
      const [one, two] = first(workers);
      const serve = { interfaceHash: 5n, instance: server ?? 0, service: text('test.echo') };
      one.send('channelServe', { ...serve, request: 1 });
      one.send('channelServe', { ...serve, request: 2 });
      two.send('channelConnect', { ...serve, interfaceHash: 6n, request: 3, instance: client ?? 0 });
      two.send('channelConnect', { ...serve, service: text('x'.repeat(49)), request: 4, instance: client ?? 0 });
      yield undefined;
      expect(one.last('channelRefused')).toMatchObject({ request: 2, status: 5 });
      const refusals = two.received
        .filter(({ name }) => name === 'channelRefused')
        .map(({ fields }) => fields['status']);
      expect(refusals).toEqual([4, 9]);
    }, 'start hello 1\rstart echo 2\r');
  });
});

describe('custody', () => {
  it('of the screen goes to one at a time, and comes back when its holder ends', () => {
    const serial = run(function* ({ machine, workers }) {
      const [holder, other] = yield* start(workers);
      const [one, two] = first(workers);
      const screen = { address: 0xb8000n, bytes: 4000n };
      one.send('custodyTake', { ...screen, request: 1, instance: holder ?? 0 });
      yield undefined;
      expect(one.last('result')).toMatchObject({ request: 1, status: 0 });
      const before = machine.view.getUint16(0xb8000, true);
      two.send('custodyTake', { ...screen, request: 2, instance: other ?? 0 });
      two.send('custodyTake', { address: 0x200000n, bytes: 4096n, request: 3, instance: other ?? 0 });
      yield undefined;
      const statuses = two.received.filter(({ name }) => name === 'result').map(({ fields }) => fields['status']);
      expect(statuses).toEqual([3, 2]);
      expect(machine.view.getUint16(0xb8000, true)).toBe(before);
      one.send('custodyGive', { ...screen, request: 4, instance: holder ?? 0, to: other ?? 0 });
      yield undefined;
      expect(two.last('custodyArrived')).toMatchObject({ ...screen, instance: other, giver: holder });
      two.send('applicationState', { instance: other ?? 0, ...STOPPED });
      yield undefined;
      one.send('custodyTake', { ...screen, request: 5, instance: holder ?? 0 });
      yield undefined;
      expect(one.last('result')).toMatchObject({ request: 5, status: 0 });
    }, 'start hello 1\rstart screen 2\r');
    expect(serial).toContain('instance 2 (screen) ended');
  });
});
