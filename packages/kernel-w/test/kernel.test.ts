/** kernel-w's module against a Thread/C in TypeScript: the boot order, and the life of applications. */
import * as values from '@drift-os/abi/layout/messages';
import * as layout from '@drift-os/abi/layout/worker-block';
import { application, control } from '@drift-os/abi';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileApplication, Machine, type Worker } from './machine.ts';

const modules = new Map<string, WebAssembly.Module>();

beforeAll(async () => {
  for (const name of ['hello']) {
    modules.set(name, await compileApplication(`test/applications/${name}.ts`, 0x300000 + modules.size * 0x10000));
  }
});

async function boot(workers = 1): Promise<{ machine: Machine; workers: Worker[] }> {
  const machine = await Machine.create();
  for (let count = 0; count < workers; count++) {
    expect(machine.addWorker().kernel.begin(machine.workers[count]!.block)).toBe(1);
  }
  return { machine, workers: machine.workers };
}

function add(machine: Machine, name: string): number {
  return machine.addApplication(name, modules.get(name)!);
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
    expect(workers[0]!.u32(layout.WORKER_STATE_AT)).toBe(layout.WORKER_RUNNING);
    expect(workers[0]!.u32(layout.WORKER_FEATURES_AT)).toBe(features);
    expect(workers[0]!.registers.get('xcr0')).toBe(7n);
    expect(workers[0]!.registers.get('cr4')! & 0x40600n).toBe(0x40600n);
    expect(workers[0]!.registers.get('mxcsr')).toBe(0x1f80n);
  });
});

describe('applications', () => {
  test('run from init to quit, and everything goes back', async () => {
    const { machine, workers } = await boot();
    const hello = add(machine, 'hello');
    const instance = machine.threadC.start(workers[0]!, hello, 'wörld');
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
});
