/** A core's thread while the host has the core: what comes for the core then is not lost. */
import { PhysicalMemory } from '@drift-os/x86-core';
import { expect, test } from 'vitest';
import { Area, makeArea } from '../src/parallel/area.ts';
import { CoreThread } from '../src/parallel/core-thread.ts';
import type { FromCore, ToCore } from '../src/parallel/messages.ts';
import { observedCores, takeMail } from '../src/parallel/observed-cores.ts';

test('an interrupt that a device asks for while its core is paused is there when the core goes on', async () => {
  const memory = new PhysicalMemory({ bytes: 1 << 20, cores: 1, shared: true, jit: false });
  const { place, exchange } = memory;
  if (place === undefined || exchange === undefined) throw new Error('The memory is not shared');
  const buffers = makeArea();
  const area = new Area(buffers);
  const [core] = observedCores(memory, exchange, 1, area);
  if (core === undefined) throw new Error('There is no core');

  const messages: ToCore[] = [
    { kind: 'run', system: core.system.save(), breakpoints: [], watchpoints: [] },
    { kind: 'pause' },
    { kind: 'end' },
  ];
  const answers: FromCore[] = [];
  const start = { kind: 'start', core: 0, cores: 1, place, jit: false, area: buffers, board: undefined } as const;
  const thread = new CoreThread(
    start,
    (answer) => void answers.push(answer),
    async () => messages.shift() as ToCore,
  );
  thread.begin(1, undefined);
  thread.interrupt(true);
  thread.send({
    vector: 2,
    deliveryMode: 'nmi',
    destination: 0,
    destinationMode: 'physical',
    trigger: 'edge',
    level: true,
  });
  for (let sent = 0; sent <= 3; sent++) area.countSent(0);
  await thread.run();

  expect(answers.map(({ kind }) => kind)).toEqual(['paused']);
  const [paused] = answers;
  if (paused?.kind !== 'paused') throw new Error('The thread did not say what state its core is in');
  expect(paused.system.interruptLine).toBe(true);
  core.takeOver(paused.system);
  takeMail([core]);
  expect(core.system.nmiPending).toBe(true);
});
