/** Whatever a guest's first bytes are, the host goes on: the machine runs, waits or resets, and stops when it is told to. */
import { describe, expect, it } from 'vitest';
import { createMachine, type MachineOptions } from '../src/index.ts';

const SECTOR = 512;
const BIOS = 0x1_0000;
/** Of guest time for each machine. */
const NANOSECONDS = 4_000_000n;

/** xorshift32. */
function randomBytes(seed: number, length: number): Uint8Array {
  let state = Math.imul(seed, 0x9e37_79b1) | 1;
  return Uint8Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}

function randomDisk(seed: number): Uint8Array {
  const disk = randomBytes(seed, 64 * SECTOR);
  disk.set([0x55, 0xaa], SECTOR - 2);
  return disk;
}

/** What a guest may come to: nothing that is a defect of the machine. */
async function expectToGoOn(options: MachineOptions): Promise<void> {
  await using machine = await createMachine({ memory: '16M', time: 'virtual', paused: true, ...options });
  const until = machine.time + NANOSECONDS;
  machine.runFor(NANOSECONDS);
  let ending: string | undefined;
  void machine.ended.then(({ reason }) => {
    ending = reason;
  });
  await Promise.resolve();
  expect(['power-off', 'exit', undefined]).toContain(ending);
  // It ran for that time, unless it waits for the host or has ended itself.
  if (ending === undefined && machine.cores[0]?.system.activity === 'running') expect(machine.time >= until).toBe(true);
  machine.run();
  const { reason } = await machine.stop();
  expect(['stopped', 'power-off', 'exit']).toContain(reason);
}

describe('a guest of random bytes', () => {
  it.each([1, 3, 5])('boot sector %i', async (seed) => {
    await expectToGoOn({ disks: [randomDisk(seed)] });
  });

  it.each([4, 5, 7])('BIOS %i', async (seed) => {
    await expectToGoOn({ bios: randomBytes(seed + 100, BIOS), cores: 2 });
  });

  it.each([1])('kernel %i, behind a header that is right', async (seed) => {
    const kernel = randomBytes(seed + 200, 0x8000);
    kernel.fill(0, 0x1f1, 0x268);
    kernel[0x1f1] = 4;
    kernel.set([0x55, 0xaa], 0x1fe);
    kernel.set(new TextEncoder().encode('HdrS'), 0x202);
    kernel.set([0x0c, 0x02], 0x206);
    kernel[0x211] = 1;
    await expectToGoOn({ linux: { kernel } });
  });

  it('that resets for ever in host time lets the host have its turn', async () => {
    // A BIOS of LIDT with a limit of 0 and INT3 where it begins: a triple fault.
    const bios = new Uint8Array(BIOS).fill(0xf4);
    bios.set([0x2e, 0x0f, 0x01, 0x1e, 0x00, 0x00, 0xcc], BIOS - 16);
    bios.fill(0, 0, 8);
    await using machine = await createMachine({ memory: '16M', bios, time: 'host' });
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(machine.running).toBe(true);
    expect(await machine.stop()).toEqual({ reason: 'stopped', status: 0 });
  });
});
