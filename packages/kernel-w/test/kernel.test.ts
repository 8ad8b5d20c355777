/** kernel-w's module against a Thread/C in TypeScript: the boot order, and the life of applications. */
import * as values from '@drift-os/abi/layout/messages';
import * as layout from '@drift-os/abi/layout/worker-block';
import { application, control } from '@drift-os/abi';
import { beforeAll, describe, expect, test } from 'vitest';
import * as directory from '@drift-os/abi/layout/image-directory';
import {
  APPLICATION_ARGUMENT,
  APPLICATION_GLOBALS,
  APPLICATION_INSTANCE_AT,
} from '@drift-os/abi/layout/application-context';
import { compileApplication, Machine, type Worker } from './machine.ts';

const modules = new Map<string, WebAssembly.Module>();

beforeAll(async () => {
  for (const name of ['hello', 'echo-server', 'echo-client', 'misbehave', 'poller', 'baton', 'torrent', 'sink']) {
    modules.set(name, await compileApplication(`test/guest/${name}.ts`, 0x300000 + modules.size * 0x10000));
  }
}, 120_000);

/** The first worker is there in any case. */
async function boot(count = 1): Promise<{ machine: Machine; workers: [Worker, ...Worker[]]; second: Worker }> {
  const machine = await Machine.create();
  const workers: [Worker, ...Worker[]] = [machine.addWorker()];
  while (workers.length < count) workers.push(machine.addWorker());
  for (const worker of workers) expect(worker.kernel.begin(worker.block)).toBe(1);
  return { machine, workers, second: workers.at(-1) };
}

function add(machine: Machine, name: string): number {
  const module = modules.get(name);
  if (module === undefined) throw new Error(`${name} has not been compiled`);
  return machine.addApplication(name, module);
}

describe('boot order', () => {
  test('says hello with both hashes and what the CPU has', async () => {
    const { machine, workers } = await boot();
    machine.threadC.step();
    const features = layout.WORKER_FEATURE_SSE | layout.WORKER_FEATURE_AVX | layout.WORKER_FEATURE_MWAIT;
    expect(machine.threadC.heard).toEqual([
      {
        worker: 1,
        name: 'hello',
        fields: { interfaceHash: control.hash, applicationHash: application.hash, epoch: 1, features },
      },
    ]);
    expect(workers[0].u32(layout.WORKER_STATE_AT)).toBe(layout.WORKER_RUNNING);
    expect(workers[0].u32(layout.WORKER_FEATURES_AT)).toBe(features);
    expect(workers[0].register('xcr0')).toBe(7n);
    expect(workers[0].register('cr4') & 0x40600n).toBe(0x40600n);
    expect(workers[0].register('mxcsr')).toBe(0x1f80n);
  });
});

describe('the loop', () => {
  test('passes the bell of Thread/C on as one interrupt', async () => {
    const { machine, workers } = await boot();
    machine.run();
    const [worker] = workers;
    const interrupts = machine.interrupts;
    const halves = 2; // of the interrupt command register
    machine.view.setUint32(worker.block + layout.WORKER_CONTROL_BELL_AT, 3, true);
    worker.kernel.turn();
    expect(machine.interrupts).toBe(interrupts + halves);
    worker.kernel.turn();
    expect(machine.interrupts).toBe(interrupts + halves);
  });

  test('acknowledges page tables after flushing, awake and asleep', async () => {
    const { machine, workers } = await boot();
    machine.run();
    const [worker] = workers;
    const flushes = machine.flushes;
    machine.view.setUint32(worker.block + layout.WORKER_FLUSH_REQUESTED_AT, 5, true);
    worker.kernel.turn();
    expect(machine.flushes).toBe(flushes + 1);
    expect(worker.u32(layout.WORKER_FLUSH_DONE_AT)).toBe(5);
    worker.kernel.turn();
    expect(machine.flushes).toBe(flushes + 1);
  });

  test('ends when asked to, and ends its applications first', async () => {
    const { machine, workers } = await boot();
    const [worker] = workers;
    const instance = machine.threadC.start(worker, add(machine, 'echo-server'));
    machine.run();
    machine.view.setUint32(worker.block + layout.WORKER_STOP_REQUESTED_AT, 1, true);
    expect(worker.kernel.turn()).toBe(0);
    worker.kernel.finish();
    machine.threadC.step();
    expect(machine.threadC.log).toEqual([`${instance}: echo ends`]);
    expect(machine.threadC.states.at(-1)).toBe(`${instance} ${values.APPLICATION_STOPPED} ${values.STATUS_REQUESTED}`);
    expect(machine.threadC.ledger.size).toBe(0);
    expect(worker.u32(layout.WORKER_STATE_AT)).toBe(layout.WORKER_STOPPED);
  });

  test('counts turns and the time of each stage, and forgets them when told', async () => {
    const { machine, workers } = await boot();
    const [worker] = workers;
    machine.run(30);
    const counter = (offset: number) => machine.view.getBigUint64(worker.block + offset, true);
    const stages = [
      layout.WORKER_BUSY_TSC_AT,
      layout.WORKER_SPIN_TSC_AT,
      layout.WORKER_PAUSE_TSC_AT,
      layout.WORKER_MWAIT_TSC_AT,
    ];
    for (const stage of stages.slice(1)) expect(counter(stage)).toBeGreaterThan(0n);
    expect(counter(layout.WORKER_TIMED_TSC_AT)).toBe(0n);
    expect(counter(layout.WORKER_LOOPS_AT)).toBe(30n);
    expect(worker.sleeps).toBeGreaterThan(10);
    machine.threadC.say(worker, 'standOffChanged', { counters: 1 });
    worker.kernel.turn();
    expect(counter(layout.WORKER_LOOPS_AT)).toBe(1n);
    expect(counter(layout.WORKER_MWAIT_TSC_AT)).toBe(0n);
    expect(counter(layout.WORKER_BUSY_TSC_AT)).toBeGreaterThan(0n);
  });

  test('obeys a configuration that changes while it runs', async () => {
    const { machine, workers } = await boot();
    const [worker] = workers;
    worker.setStandOff({ spin: 0xffffffff });
    machine.run(50);
    expect(worker.sleeps).toBe(0);
    expect(worker.u32(layout.WORKER_STAGE_AT)).toBe(layout.STAGE_SPIN);
    worker.setStandOff({ spin: 0, timed: 100 });
    machine.run(3);
    expect(worker.u32(layout.WORKER_STAGE_AT)).toBe(layout.STAGE_TIMED);
    expect(machine.view.getBigUint64(worker.block + layout.WORKER_TIMED_TSC_AT, true)).toBeGreaterThanOrEqual(300_000n);
  });

  test('a message that comes just before MWAIT is not slept through', async () => {
    const { machine, workers } = await boot();
    const [worker] = workers;
    machine.run();
    // The moment that counts: everything was looked at, the monitor is armed.
    let said = false;
    worker.onMonitor = () => {
      if (said) return;
      said = true;
      machine.threadC.say(worker, 'ping', { token: 77n });
    };
    machine.run(5);
    expect(machine.threadC.heard.at(-1)).toEqual({ worker: 1, name: 'pong', fields: { token: 77n } });
  });

  test('a message that makes no sense is reported, and the next one is understood', async () => {
    const { machine, workers } = await boot();
    const [worker] = workers;
    worker.pair.writer.write(new Uint8Array(3), 12345);
    machine.threadC.say(worker, 'ping', { token: 1n });
    machine.run(3);
    expect(machine.threadC.log).toEqual(['0: Thread/C sent a message that makes no sense, kind 12345']);
    expect(machine.threadC.heard.at(-1)).toMatchObject({ name: 'pong' });
  });

  test('writes nothing into its static data: all workers share it', async () => {
    const { machine, workers, second } = await boot(2);
    const data = () => machine.bytes.slice(0x200000, 0x280000);
    const before = data();
    machine.threadC.start(workers[0], add(machine, 'hello'), 'x');
    machine.threadC.start(workers[0], add(machine, 'echo-server'));
    machine.threadC.start(second, add(machine, 'echo-client'));
    machine.run(200);
    expect(machine.threadC.log.length).toBeGreaterThan(4);
    expect(Buffer.compare(before, data())).toBe(0);
  });
});

describe('applications', () => {
  test('run from init to quit, and everything goes back', async () => {
    const { machine, workers } = await boot();
    const hello = add(machine, 'hello');
    const instance = machine.threadC.start(workers[0], hello, 'wörld');
    machine.run();
    expect(machine.threadC.log).toEqual([
      `${instance}: Hello, wörld`,
      `${instance}: instance ${instance} on worker 1, start 1`,
      `${instance}: 7`,
      `${instance}: bye`,
    ]);
    expect(machine.threadC.states).toEqual([`${instance} ${values.APPLICATION_STOPPED} 7`]);
    expect(machine.threadC.ledger.size).toBe(0);
  });

  test('start a hundred times and leave nothing behind', async () => {
    const { machine, workers } = await boot();
    const hello = add(machine, 'hello');
    for (let time = 0; time < 100; time++) {
      machine.threadC.start(workers[0], hello, String(time));
      machine.run(8);
      machine.threadC.available = 1000;
    }
    expect(machine.threadC.states.length).toBe(100);
    expect(machine.threadC.log.filter((line) => line.endsWith(', start 1')).length).toBe(100);
    expect(machine.threadC.ledger.size).toBe(0);
  });

  test('get their globals and data as the image has them, at each start', async () => {
    const { machine, workers } = await boot();
    const template = 0x60000;
    const pristine = 0x61000;
    const data = 0x700000;
    machine.bytes.set([1, 2, 3, 4, 5, 6, 7, 8], template);
    machine.bytes.set([9, 8, 7], pristine);
    machine.bytes.fill(0xee, data, data + 16);
    let context = 0;
    const init = machine.addEntry((_, argument) => ((context = argument), 0));
    const module = machine.addModule('raw', {
      [directory.MODULE_GLOBALS_AT]: template,
      [directory.MODULE_GLOBALS_BYTES_AT]: 8,
      [directory.MODULE_DATA_AT]: data,
      [directory.MODULE_DATA_BYTES_AT]: 10,
      [directory.MODULE_DATA_INITIAL_AT]: pristine,
      [directory.MODULE_DATA_INITIAL_BYTES_AT]: 3,
      [directory.MODULE_INIT_AT]: init,
    });
    const instance = machine.threadC.start(workers[0], module, 'abc');
    machine.run(5);
    expect(machine.view.getUint32(context + APPLICATION_INSTANCE_AT, true)).toBe(instance);
    expect([...machine.bytes.subarray(context + APPLICATION_ARGUMENT, context + APPLICATION_ARGUMENT + 4)]).toEqual([
      ...new TextEncoder().encode('abc'),
      0,
    ]);
    const globals = context + APPLICATION_GLOBALS;
    expect(workers[0].fsBase).toBe(BigInt(globals));
    expect([...machine.bytes.subarray(globals, globals + 9)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0]);
    expect([...machine.bytes.subarray(data, data + 11)]).toEqual([9, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0xee]);
  });

  test('several run on one worker, each with its own globals', async () => {
    const { machine, workers } = await boot();
    const bases = new Map<string, bigint>();
    const seen: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const init = machine.addEntry((worker) => (bases.set(name, worker.fsBase), 0));
      const poll = machine.addEntry((worker) => {
        expect(worker.fsBase).toBe(bases.get(name));
        seen.push(name);
        return 0;
      });
      machine.threadC.start(
        workers[0],
        machine.addModule(name, { [directory.MODULE_INIT_AT]: init, [directory.MODULE_POLL_AT]: poll }),
      );
    }
    machine.run(10);
    expect(new Set(bases.values()).size).toBe(3);
    expect(new Set(seen).size).toBe(3);
  });

  test('talk over a channel between two workers, more than fits at once, and part', async () => {
    const { machine, workers, second } = await boot(2);
    const client = machine.threadC.start(workers[0], add(machine, 'echo-client'));
    machine.run();
    const server = machine.threadC.start(second, add(machine, 'echo-server'));
    machine.run(2000);
    expect(machine.threadC.log).toEqual([`${client}: all came back`, `${server}: a client is gone`]);
    expect(machine.threadC.states).toContain(`${client} ${values.APPLICATION_STOPPED} 0`);
    expect(machine.threadC.pagesOf(client)).toBe(0);
    const closed = machine.threadC.heard.filter(({ name }) => name === 'channelClose');
    expect(closed.map(({ fields }) => fields['instance']).sort()).toEqual([client, server].sort());
  });

  test('talk over a channel on one worker', async () => {
    const { machine, workers } = await boot();
    const server = machine.threadC.start(workers[0], add(machine, 'echo-server'));
    const client = machine.threadC.start(workers[0], add(machine, 'echo-client'));
    machine.run(2000);
    expect(machine.threadC.log).toEqual([`${client}: all came back`, `${server}: a client is gone`]);
  });

  test('are called when there is room again on a channel that was full', async () => {
    const { machine, workers, second } = await boot(2);
    const sink = machine.threadC.start(workers[0], add(machine, 'sink'));
    const torrent = machine.threadC.start(second, add(machine, 'torrent'));
    machine.run(3000);
    expect(machine.threadC.log).toEqual([`${torrent}: all sent, bit by bit`, `${sink}: read 500`]);
  });

  test('pass the custody of a range on to each other', async () => {
    const { machine, workers, second } = await boot(2);
    const module = modules.get('baton') as WebAssembly.Module;
    const receiver = machine.threadC.start(workers[0], machine.addApplication('receiver', module));
    machine.run();
    const giver = machine.threadC.start(second, machine.addApplication('giver', module), 'take');
    machine.run(50);
    expect(machine.threadC.log).toEqual([
      `${giver}: takes it, status 0`,
      `${giver}: gives it, status 0`,
      `${receiver}: has 4096 bytes at 0xa0000 from ${giver}`,
    ]);
    expect(machine.threadC.states).toContain(`${receiver} ${values.APPLICATION_STOPPED} 0`);
  });

  test('are told when the other end is gone, and when the interface is another', async () => {
    const { machine, workers, second } = await boot(2);
    const server = machine.threadC.start(workers[0], add(machine, 'echo-server'));
    const wrong = add(machine, 'echo-client');
    const client = machine.threadC.start(second, wrong, 'wrong');
    machine.run(50);
    expect(machine.threadC.log).toEqual([`${client}: closed, status ${values.STATUS_INTERFACE_MISMATCH}`]);
    expect(machine.threadC.states).toContain(`${client} ${values.APPLICATION_STOPPED} 1`);

    // A client whose server ends in the middle.
    const another = machine.threadC.start(second, wrong);
    for (let turn = 0; turn < 12; turn++) machine.run(1);
    machine.threadC.stop(workers[0], server);
    machine.run(100);
    const ends = machine.threadC.log.filter((line) => line.startsWith(`${another}:`));
    expect(ends.length).toBe(1);
    expect(ends[0]).toMatch(/all came back|closed, status 11/);
  });

  test('poll while they work, and are woken by their timer', async () => {
    const { machine, workers } = await boot();
    const instance = machine.threadC.start(workers[0], add(machine, 'poller'));
    machine.run(20);
    expect(machine.threadC.log).toEqual([`${instance}: sleeps`]);
    const before = workers[0].sleeps;
    for (let turn = 0; turn < 20_000 && machine.threadC.log.length < 2; turn++) machine.run(1);
    expect(machine.threadC.log).toEqual([`${instance}: sleeps`, `${instance}: woken in time`]);
    // MWAIT has no deadline: with a timer set, this CPU is not put to sleep by it.
    expect(workers[0].sleeps).toBe(before);
    machine.threadC.stop(workers[0], instance);
    machine.run(20);
    expect(machine.threadC.log.at(-1)).toBe(`${instance}: stopped after 1`);
  });

  test('are stopped before their pages came', async () => {
    const { machine, workers } = await boot();
    const instance = machine.threadC.start(workers[0], add(machine, 'hello'));
    machine.threadC.stop(workers[0], instance);
    machine.run(10);
    expect(machine.threadC.states).toEqual([`${instance} ${values.APPLICATION_STOPPED} ${values.STATUS_REQUESTED}`]);
    expect(machine.threadC.log).toEqual([]);
    expect(machine.threadC.ledger.size).toBe(0);
  });

  test('that cannot be started are refused with the reason', async () => {
    const { machine, workers } = await boot();
    const [worker] = workers;
    const hello = add(machine, 'hello');
    const none = machine.threadC.start(worker, 99);
    const empty = machine.threadC.start(worker, machine.addModule('empty', {}));
    const fields = { [directory.MODULE_INIT_AT]: 1, [directory.MODULE_STACK_BYTES_AT]: 0x10000 };
    const deep = machine.threadC.start(worker, machine.addModule('deep', fields));
    machine.threadC.available = 2;
    const poor = machine.threadC.start(worker, hello);
    machine.run(10);
    machine.view.setBigUint64(machine.moduleRecord(hello) + directory.MODULE_INTERFACE_HASH_AT, 1n, true);
    const old = machine.threadC.start(worker, hello);
    machine.run(10);
    expect(machine.threadC.states).toEqual([
      `${none} ${values.APPLICATION_FAILED} ${values.STATUS_NO_SUCH_MODULE}`,
      `${empty} ${values.APPLICATION_FAILED} ${values.STATUS_NOT_STARTABLE}`,
      `${deep} ${values.APPLICATION_FAILED} ${values.STATUS_NOT_STARTABLE}`,
      `${poor} ${values.APPLICATION_FAILED} ${values.STATUS_OUT_OF_MEMORY}`,
      `${old} ${values.APPLICATION_FAILED} ${values.STATUS_INTERFACE_MISMATCH}`,
    ]);
    expect(machine.threadC.log).toEqual([
      `${deep}: asks for more stack than a worker has, which is 57344 bytes`,
      `${poor}: there is no memory to start hello`,
    ]);
  });
});

describe('an application that goes wrong takes nothing else with it', () => {
  async function misbehave(
    argument: string,
  ): Promise<{ machine: Machine; instance: number; log: string[]; states: string[] }> {
    const { machine, workers } = await boot();
    const server = machine.threadC.start(workers[0], add(machine, 'echo-server'));
    const instance = machine.threadC.start(workers[0], add(machine, 'misbehave'), argument);
    machine.run(50);
    // The others go on: a client finds the server.
    machine.threadC.start(workers[0], add(machine, 'echo-client'));
    machine.run(2000);
    expect(machine.threadC.log.some((line) => line.endsWith(': all came back'))).toBe(true);
    expect(machine.threadC.pagesOf(server)).toBeGreaterThan(0);
    const own = (line: string) => line.startsWith(`${instance}`);
    return { machine, instance, log: machine.threadC.log.filter(own), states: machine.threadC.states.filter(own) };
  }

  test('new without memory: a sentence, and the pages come back', async () => {
    const { machine, instance, log, states } = await misbehave('hoard');
    expect(log[0]).toBe(`${instance}: hoards`);
    expect(log[1]).toMatch(/out of memory: new wants \d+ bytes and Thread\/C has no pages for it/);
    expect(states).toEqual([`${instance} ${values.APPLICATION_FAILED} ${values.STATUS_OUT_OF_MEMORY}`]);
    expect(machine.threadC.pagesOf(instance)).toBe(0);
  });

  test.each([
    ['free', /frees 0x1234560, which is no block/, values.STATUS_PROTOCOL],
    ['throw', /on purpose \(test\/guest\/misbehave\.ts:\d+:\d+\)/, values.STATUS_ABORTED],
    ['protocol', /makes no sense \(kind 99\)/, values.STATUS_PROTOCOL],
    ['protocol and wait', /makes no sense \(kind 99\)/, values.STATUS_PROTOCOL],
    ['short', /makes no sense \(kind \d+\)/, values.STATUS_PROTOCOL],
  ])('%s', async (argument, sentence, status) => {
    const { instance, log, states } = await misbehave(argument);
    expect(log.join('\n')).toMatch(sentence);
    expect(log.length).toBe(1);
    expect(states).toEqual([`${instance} ${values.APPLICATION_FAILED} ${status}`]);
  });

  test('a flood of lines is all passed on', async () => {
    const { log, states } = await misbehave('chatter');
    expect(log.length).toBe(500);
    expect(log.at(-1)).toMatch(/: line 499$/);
    expect(states.length).toBe(1);
  });

  test('pages are asked for, protected and returned', async () => {
    const { machine, instance, log } = await misbehave('pages');
    expect(log).toEqual([`${instance}: protected 0`]);
    const context = machine.threadC.heard.find(
      ({ name, fields }) => name === 'pageRequest' && fields['request'] === 0 && fields['instance'] === instance,
    );
    expect(machine.threadC.pagesOf(instance)).toBe((context?.fields['pages'] as number) + 1);
  });

  test('memory that is freed is used again', async () => {
    const { machine, instance, log } = await misbehave('churn');
    expect(log.length).toBe(1);
    expect(machine.threadC.pagesOf(instance)).toBeLessThan(32);
  });
});
