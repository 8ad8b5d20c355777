/** The service `shell`: applications of faked workers connect to it, in all of Thread/C on a faked machine. */
import { terminal } from '@drift-os/abi';
import { WORKER_CONTROL_BELL_AT, WORKER_DOORBELL_AT } from '@drift-os/abi/layout/worker-block';
import { StreamPair } from '@drift-os/ring';
import { RING_WRITER_POSITION_AT } from '@drift-os/ring/layout/ring';
import { describe, expect, it } from 'vitest';
import { TERMINAL_TEXT, TERMINAL_WIDTH } from '../layout/terminal.ts';
import { FakeMachine, Halted } from './fake-machine.ts';
import { FakeWorker, type Fields } from './fake-worker.ts';
import { kernelWasm } from './kernel-wasm.ts';

const MEBIBYTES = 64;
const TOP = BigInt(MEBIBYTES << 20);
const STATUS_INTERFACE_MISMATCH = 4;
const STATUS_TOO_MANY = 6;
const SESSIONS = 8;
const map = [
  { base: 0n, length: 0x9fc00n, type: 1 },
  { base: 0x100000n, length: TOP - 0x100000n, type: 1 },
];
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A machine with one worker, on which instance 1 runs. */
class World {
  readonly machine: FakeMachine = new FakeMachine(MEBIBYTES);
  worker!: FakeWorker;
  private requests = 0;

  connect(interfaceHash: bigint = terminal.hash): void {
    const request = ++this.requests;
    this.worker.send('channelConnect', { interfaceHash, request, instance: 1, service: text('shell') });
  }

  /** The application's end of the channel that was granted last. */
  pair(): StreamPair {
    const grant = this.worker.last('channelGrant') ?? {};
    return new StreamPair({
      buffer: this.machine.memory.buffer,
      out: Number(grant['writeRing']),
      into: Number(grant['readRing']),
      epoch: Number(grant['epoch']),
    });
  }

  /** Types a command on the console; returns what is printed until the next prompt. */
  *console(command: string): Generator<undefined, string> {
    const from = this.machine.serial.length;
    this.machine.input.push(...text(`${command}\r`));
    for (let turn = 0; turn < 1000 && !this.machine.serial.slice(from).includes('\ndrift> '); turn++) yield undefined;
    return this.machine.serial.slice(from);
  }

  refusals(): (Fields[string] | undefined)[] {
    return this.worker.received.filter(({ name }) => name === 'channelRefused').map(({ fields }) => fields['status']);
  }
}

/** Boots, starts the instance, and runs `script`: each `yield` lets Thread/C work until it sleeps. */
function run(script: (world: World) => Generator<undefined>): World {
  const world = new World();
  const { machine } = world;
  machine.acpi(2);
  machine.onStartup = () => {
    const worker = new FakeWorker(machine);
    world.worker = worker;
    machine.onPause = () => worker.poll();
  };
  function* all(): Generator<undefined> {
    while (world.worker.instances.length === 0) yield undefined;
    yield undefined;
    yield* script(world);
  }
  const steps = all();
  machine.onSleep = () => {
    machine.onPause();
    return steps.next().done !== true;
  };
  const { exports } = new WebAssembly.Instance(kernelWasm, machine.imports());
  const kernel = exports as { _start(): void; kmain(bootInfo: number): void };
  machine.input.push(...text('start hello 1\r'));
  kernel._start();
  expect(() => kernel.kmain(machine.bootInformation(map, ['hello']))).toThrow(Halted);
  return world;
}

function received(pair: StreamPair): string {
  let shown = '';
  for (let record = pair.reader.read(); record !== undefined; record = pair.reader.read()) {
    expect(record.kind).toBe(TERMINAL_TEXT);
    shown += new TextDecoder().decode(record.payload);
  }
  return shown;
}

/** Lets Thread/C work until the session shows its prompt; returns what it showed. */
function* until(pair: StreamPair, end: string): Generator<undefined, string> {
  let shown = received(pair);
  for (let turn = 0; turn < 1000 && !shown.endsWith(end); turn++) {
    yield undefined;
    shown += received(pair);
  }
  expect(shown.slice(-end.length)).toBe(end);
  return shown;
}

describe('the service shell', () => {
  it('has the kinds of records that the interface says', () => {
    expect([terminal.messages.text.id, terminal.messages.width.id]).toEqual([TERMINAL_TEXT, TERMINAL_WIDTH]);
  });

  it('gives an application a session with variables and output of its own', () => {
    run(function* (world) {
      yield* world.console('set x console');
      world.connect();
      yield undefined;
      expect(world.worker.last('channelGrant')).toMatchObject({ role: 2, peer: 0, instance: 1 });
      expect(world.worker.last('channelGrant')?.['peerDoorbell']).toBe(world.worker.block + WORKER_CONTROL_BELL_AT);
      const pair = world.pair();
      expect(yield* until(pair, 'drift> ')).toBe('drift> ');
      const before = world.machine.serial;
      pair.writer.write(text('set x remote; echo is $x\r'), TERMINAL_TEXT);
      expect(yield* until(pair, '\r\ndrift> ')).toContain('\r\nis remote\r\n');
      expect(world.machine.serial).toBe(before);
      expect(yield* world.console('echo $x')).toContain('\nconsole\r\n');
      expect(yield* world.console('services')).toMatch(/^shell +Thread\/C\r$/m);
      expect(yield* world.console('channels')).toMatch(/Thread\/C +inst\. 1\r$/m);
    });
  });

  it('sleeps when idle, is woken by the application, and wakes it', () => {
    run(function* (world) {
      world.connect();
      yield undefined;
      const pair = world.pair();
      yield* until(pair, 'drift> ');
      // Thread/C sleeps now, so the first record has to be told; the ring knows.
      pair.writer.write(text('echo a'), TERMINAL_TEXT);
      expect(pair.shouldNotify()).toBe(true);
      expect(pair.shouldNotify()).toBe(false);
      yield* until(pair, 'echo a');
      expect(pair.reader.prepareSleep()).toBe(true);
      const bell = world.worker.field(WORKER_DOORBELL_AT);
      pair.writer.write(text('\r'), TERMINAL_TEXT);
      expect(pair.shouldNotify()).toBe(true);
      yield undefined;
      expect(world.worker.field(WORKER_DOORBELL_AT)).toBeGreaterThan(bell);
      pair.reader.wakeUp();
      yield* until(pair, 'drift> ');
    });
  });

  it('waits for an application that does not read, and is told when there is room', () => {
    run(function* (world) {
      world.connect();
      yield undefined;
      const pair = world.pair();
      yield* until(pair, 'drift> ');
      pair.writer.write(text('for i 1 9000 {echo line number $i}\r'), TERMINAL_TEXT);
      for (let turn = 0; turn < 20; turn++) yield undefined;
      expect(yield* world.console('echo still here')).toContain('\nstill here\r\n');
      let shown = received(pair);
      expect(pair.shouldNotify()).toBe(true);
      shown += yield* until(pair, '\r\ndrift> ');
      expect(shown.match(/^line number \d+\r$/gm)?.length).toBe(9000);
    });
  });

  it('refuses one too many, and another interface', () => {
    const { machine } = run(function* (world) {
      world.connect(5n);
      for (let i = 0; i < SESSIONS; i++) world.connect();
      yield undefined;
      expect(world.refusals()).toEqual([STATUS_INTERFACE_MISMATCH]);
      const full = yield* world.console('ledger check');
      world.connect();
      yield undefined;
      expect(world.refusals()).toEqual([STATUS_INTERFACE_MISMATCH, STATUS_TOO_MANY]);
      expect((yield* world.console('ledger check')).split('\n')[1]).toBe(full.split('\n')[1]);
      expect(yield* world.console('ledger')).toMatch(/^Thread\/C +shell session +256 pages/m);
    });
    expect(machine.serial).toContain('the shell has as many sessions as it can have; another was refused');
  });

  it('gives the memory back when the channel ends, and when the instance does', () => {
    run(function* (world) {
      const before = (yield* world.console('ledger check')).split('\n')[1];
      world.connect();
      yield undefined;
      const pair = world.pair();
      pair.writer.write(text(`while true {sleep 1000}\r${'x'.repeat(5000)}`), TERMINAL_TEXT); // more than it can take
      yield* world.console('echo');
      pair.close();
      world.worker.send('channelClose', { instance: 1, channel: world.worker.last('channelGrant')?.['channel'] ?? 0 });
      yield undefined;
      expect((yield* world.console('ledger check')).split('\n')[1]).toBe(before);
      for (let i = 0; i < SESSIONS; i++) world.connect();
      yield undefined;
      world.worker.send('applicationState', { instance: 1, state: 3, status: 0 });
      yield undefined;
      expect((yield* world.console('ledger check')).split('\n')[1]).toBe(before);
      expect(yield* world.console('channels')).toContain('There are no channels');
    });
  });

  it('outlives the worker that its own command has ended', () => {
    run(function* (world) {
      const before = (yield* world.console('ledger check')).split('\n')[1];
      world.connect();
      yield undefined;
      const pair = world.pair();
      yield* until(pair, 'drift> ');
      pair.writer.write(text('restart 1; echo not seen by anybody\r'), TERMINAL_TEXT);
      for (let turn = 0; turn < 10; turn++) yield undefined;
      expect((yield* world.console('ledger check')).split('\n')[1]).toBe(before);
      expect(yield* world.console('channels')).toContain('There are no channels');
    });
  });

  it('ends a session whose rings hold nonsense, and tells its application', () => {
    run(function* (world) {
      world.connect();
      yield undefined;
      const grant = world.worker.last('channelGrant');
      world.machine.view.setUint32(Number(grant?.['writeRing']) + RING_WRITER_POSITION_AT, 0x7fffffff, true);
      yield undefined;
      yield undefined;
      expect(world.worker.last('channelClosed')).toMatchObject({ instance: 1, channel: grant?.['channel'] });
      expect(yield* world.console('ledger')).not.toContain('shell session');
    });
  });
});
