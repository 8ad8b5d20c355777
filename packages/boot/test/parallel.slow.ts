/** Drift with four workers on five threads, for long: applications stream and play all the time, and nothing is lost on any ring. */
import { createMachine } from '@drift-os/machine';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuiltImage } from '../src/index.ts';
import { buildGuest } from './guest.ts';

/** DRIFT_PARALLEL_SECONDS=600 for ten minutes, on a host with nothing else to do: the shell waits five seconds for a worker to answer. */
const SECONDS = Number(process.env['DRIFT_PARALLEL_SECONDS'] ?? 20);
const PATIENCE = { timeout: 300_000, interval: 100 };
const RECORDS = 6400;
const BALLS = 1000;
/** Each is a module of its own: an instance of a module is alone. */
const SOURCES = ['first', 'second', 'third'];

describe('in parallel, for long', { timeout: 1000 * SECONDS + 600_000, retry: 2 }, () => {
  let image: BuiltImage;
  beforeAll(async () => {
    const sources = SOURCES.map((name) => [name, './guest/source.ts'] as const);
    image = await buildGuest(['ping', 'pong'], {
      programs: { drain: './guest/drain.ts', ...Object.fromEntries(sources) },
    });
  }, 300_000);

  test(`four workers stream and play for ${SECONDS} s`, async () => {
    await using machine = await createMachine({ disks: [image.disk], cores: 5, memory: '128M', execution: 'parallel' });
    /** What was printed since `from`. */
    const printed = (from: number): string => machine.output.slice(from).replaceAll('\r', '');
    const start = async (command: string): Promise<string> => {
      const from = machine.output.length;
      machine.send(`start ${command}\r`);
      await expect.poll(() => printed(from), PATIENCE).toMatch(/instance \d+ runs on worker|error/);
      const [, instance] = /instance (\d+) runs on worker/.exec(printed(from)) ?? [];
      if (instance === undefined) throw new Error(`start ${command}: ${printed(from)}`);
      return instance;
    };
    await machine.waitFor('drift> ', PATIENCE);
    expect(machine.output).not.toContain('did not answer');
    await start('pong 1');
    await start('drain 2');
    const end = performance.now() + 1000 * SECONDS;
    let rounds = 0;
    do {
      const from = machine.output.length;
      const awaited = [`instance ${await start(`ping 4 ${BALLS}`)}: ${BALLS} balls, there and back`];
      for (const [number, name] of SOURCES.entries()) {
        // On the drain's own worker too, and on others.
        const worker = 1 + ((rounds + number) % 4);
        awaited.push(`instance ${await start(`${name} ${worker} ${RECORDS}`)}: ${RECORDS} records arrived`);
      }
      await expect.poll(() => awaited.filter((line) => !printed(from).includes(line)), PATIENCE).toEqual([]);
      expect(printed(from)).not.toMatch(/lost|gone|again|error/);
      rounds++;
    } while (performance.now() < end);
    const from = machine.output.length;
    machine.send('stop pong; stop drain; ledger check; poweroff\r');
    expect(await machine.ended).toMatchObject({ reason: 'power-off' });
    expect(printed(from)).toMatch(/^The ledger adds up: /m);
    console.log(`${rounds} rounds: ${rounds * BALLS} balls, ${rounds * SOURCES.length * RECORDS} records`);
  });
});
