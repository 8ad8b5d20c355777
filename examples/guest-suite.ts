/** The examples on a machine: what they log, what is on the screen, and that a hundred starts of each leave nothing behind. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildImage } from '@drift-os/boot';
import { runOnQemu } from '@drift-os/hypervisor';
import { createMachine } from '@drift-os/machine';
import { afterAll, beforeAll, expect, test } from 'vitest';

const HARDWARE = { cores: 3, memory: '128M' } as const;

/** @param on what they run on: the PC of our own, or QEMU */
export function guestSuite(on: 'machine' | 'qemu'): void {
  let machine: Awaited<ReturnType<typeof boot>>;

  const boot = (disk: Uint8Array) =>
    on === 'machine'
      ? createMachine({ ...HARDWARE, disks: [disk], time: 'virtual' })
      : runOnQemu({ ...HARDWARE, image: disk, accelerator: 'tcg' });

  /** Types a command; returns what it printed, without the prompt. The log is kept off the console: its lines draw the prompt anew. */
  async function run(command: string, timeout = 30_000): Promise<string> {
    await machine.send(`${command}\r`);
    const { text } = await machine.waitFor('drift> ', { timeout });
    return text
      .slice(text.indexOf('\n') + 1)
      .replaceAll('\r', '')
      .replace(/drift> $/, '');
  }

  beforeAll(async () => {
    const manifest = JSON.parse(await readFile(new URL('package.json', import.meta.url), 'utf8')) as {
      exports: Record<string, string>;
    };
    const applications = Object.entries(manifest.exports)
      .filter(([, path]) => path.endsWith('.ts'))
      .map(([name, path]) => ({ name: name.slice(2), entry: fileURLToPath(new URL(path, import.meta.url)) }));
    const { disk } = await buildImage({ applications });
    machine = await boot(disk);
    await machine.waitFor('drift> ', { timeout: 60_000 });
    await run('log show off');
  }, 180_000);

  afterAll(async () => {
    await machine.stop();
  });

  /** Waits until the log has a line like this. */
  async function logged(line: RegExp): Promise<RegExpExecArray> {
    for (let tenth = 0; tenth < 600; tenth++) {
      const found = line.exec(await run('log'));
      if (found !== null) return found;
      await run('sleep 100', 60_000);
    }
    throw new Error(`the log never had ${String(line)}`);
  }

  test('hello is on the screen', async () => {
    await run('start hello');
    await logged(/hello is on the screen/);
    expect(await machine.screenText()).toContain('Hello from Drift');
    await run('stop hello');
  });

  test('mandelbrot gets the same with vector registers as without', async () => {
    await run('start mandelbrot');
    await logged(/both are the same/);
    // Which is faster says nothing here: vector registers are emulated.
    await logged(/one at a time: \d+ us, four at a time with v128: \d+ us/);
  });

  test('ping and pong play on two workers', { timeout: 120_000 }, async () => {
    await run('start pong 1');
    await run('start ping 2');
    const [, average, best] = await logged(/10000 balls, there and back in (\d+) ns on average, (\d+) ns at best/);
    expect(Number(best)).toBeLessThanOrEqual(Number(average));
    expect(await run('channels')).toContain('There are no channels');
    await run('stop pong');
  });

  test('remote logs what the shell prints to it', async () => {
    await run('set who console');
    await run('start remote 1 {set who remote; echo it is $who}');
    await logged(/instance \d+: it is remote/);
    await run('start remote 1 nonsense');
    await logged(/instance \d+: error: .*nonsense/);
    expect(await run('echo $who')).toBe('console\n');
    expect(await run('services')).toMatch(/^shell +Thread\/C$/m);
    expect(await run('channels')).toContain('There are no channels');
  });

  test('a hundred starts of each leave the ledger as it was', { timeout: 600_000 }, async () => {
    const before = await run('ledger check');
    expect(before).toMatch(/^The ledger adds up: /);
    await run('repeat 100 {start hello; stop hello}', 300_000);
    await run('repeat 100 {start mandelbrot; try {stop mandelbrot}}', 300_000);
    await run('repeat 100 {start pong 1; start ping 2; try {stop ping}; stop pong}', 300_000);
    await run('repeat 100 {start remote 1 cores; try {stop remote}}', 300_000);
    expect(await run('ledger check')).toBe(before);
    expect(await run('channels')).toContain('There are no channels');
  });
}
