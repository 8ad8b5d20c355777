/** The whole way: build an image, boot it, talk to its shell. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand, qemuProgram } from '@drift-os/hypervisor';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { drift } from './drift.ts';

const qemu = await findCommand(qemuProgram.command);
const script = await findCommand('script');
if (qemu === undefined)
  console.log('Skipped, QEMU is not installed (apt-get install qemu-system-x86): drift run --on qemu.');

const folder = await mkdtemp(join(tmpdir(), 'drift-cli-'));
const image = join(folder, 'own.img');
afterAll(() => rm(folder, { recursive: true }));

/** The application that the repository's README shows. */
async function readmeApplication(): Promise<string> {
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
  return /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
}

beforeAll(async () => {
  // In a folder of its own, where nothing is installed: the SDK is there all the same.
  const source = join(folder, 'counter.ts');
  await writeFile(source, await readmeApplication());
  const built = await drift(['build', source, 'hello', '-o', image, '--elf', '--map', '--json']);
  expect(built.stderr).toBe('');
  expect(built.code).toBe(0);
  const result = JSON.parse(built.stdout) as { files: string[]; modules: { name: string }[] };
  expect(result.files).toEqual([image, join(folder, 'own.elf'), join(folder, 'own.map')]);
  expect(result.modules.map(({ name }) => name)).toEqual(['kernel-c', 'kernel-w', 'counter', 'hello']);
}, 120_000);

describe('drift build', () => {
  it('writes a disk that a BIOS boots, an ELF file and a map', async () => {
    const disk = await readFile(image);
    expect([...disk.subarray(510, 512)]).toEqual([0x55, 0xaa]);
    expect((await readFile(join(folder, 'own.elf'))).subarray(1, 4).toString()).toBe('ELF');
    expect(await readFile(join(folder, 'own.map'), 'utf8')).toContain('kernel-c.kmain');
  });

  it('says where an application does not compile', async () => {
    const source = join(folder, 'wrong.ts');
    await writeFile(source, 'export function init(): void { missing(); }\n');
    const { code, stderr } = await drift(['build', source, '-o', join(folder, 'wrong.img')]);
    expect(stderr).toMatch(/wrong\.ts[\s\S]*missing/);
    expect(code).toBe(1);
  });
});

describe('drift run', { timeout: 120_000 }, () => {
  const run = (...args: string[]) => drift(['run', image, '--memory', '64M', ...args]);

  it('boots, runs an application, types and expects in order', async () => {
    const { code, stdout } = await run(
      ...['--expect', 'drift> ', '--send', 'start counter', '--expect', 'up for 1 s'],
      ...['--send', 'cores', '--expect', 'worker 3'],
    );
    expect(code, stdout).toBe(0);
    expect(stdout.indexOf('up for 1 s')).toBeLessThan(stdout.indexOf('worker 3'));
  });

  it('starts and configures what the image was built to', async () => {
    const settings = ['--start', 'hello@2', '--stand-off', '2:77,-1,64,0,0'];
    const configured = join(folder, 'configured.img');
    expect((await drift(['build', 'hello', '-o', configured, ...settings])).code).toBe(0);
    const { code, stdout } = await drift([
      ...['run', configured, '--memory', '64M', '--cores', '3', '--expect', 'worker 2, instance 1'],
      ...['--send', 'standoff', '--expect', '     2       77     ever       64      off'],
    ]);
    expect(code, stdout).toBe(0);
  });

  it('ends with 42 when what is expected does not come', async () => {
    const { code, stderr } = await run('--expect', 'pigs fly', '--timeout', '5');
    expect(code).toBe(42);
    expect(stderr).toContain('"pigs fly" did not come within 5 seconds of the start');
  });

  it('ends with 1 when the guest ends first, and says so in JSON', async () => {
    const { code, stdout } = await run('--json', '--expect', 'drift> ', '--send', 'poweroff', '--expect', 'pigs fly');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 1, output: expect.stringContaining('poweroff') });
  });

  it('types what is piped in, and ends with the guest', async () => {
    const args = ['run', image, '--memory', '64M', '--cores', '2'];
    const { code, stdout } = await drift(args, { input: 'cores\npoweroff\n' });
    expect(code).toBe(0);
    expect(stdout).toContain('worker 1');
    expect(stdout).not.toContain('worker 2');
  });

  it('waits for no compiler to be loaded where there is an image', async () => {
    // Tells of each module on stderr.
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
    const args = ['run', image, '--memory', '64M', '--expect', 'Drift'];
    const { code, stderr } = await drift(args, { environment: { NODE_OPTIONS } });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('/run-on-machine.ts');
    expect(stderr).not.toMatch(/assemblyscript|binaryen|\/toolchain\//);
  });

  it('writes the screen as a picture', async () => {
    const picture = join(folder, 'screen.png');
    const { code, stderr } = await run('--expect', 'drift> ', '--screenshot', picture);
    expect(code, stderr).toBe(0);
    expect((await readFile(picture)).subarray(1, 4).toString()).toBe('PNG');
  });

  it('is the same every time with --deterministic', async () => {
    const once = async (): Promise<string> => {
      const { stdout } = await run('--deterministic', '--expect', 'drift> ', '--send', 'uptime', '--expect', 'drift> ');
      return stdout;
    };
    const first = await once();
    expect(first).toContain('uptime');
    expect(await once()).toBe(first);
  });

  it('writes every instruction to a file, the same ones every time', async () => {
    const lines = ['mov dx, 0x3f8', "mov al, 'K'", 'out dx, al', 'mov al, 1', 'out 0xf4, al'];
    const sector = await sectorOf('sector', lines);
    const once = async (name: string): Promise<string> => {
      const trace = join(folder, name);
      const { code, stderr } = await drift(['run', sector, '--cores', '1', '--memory', '16M', '--trace', trace]);
      expect(code, stderr).toBe(3);
      return readFile(trace, 'utf8');
    };
    const first = await once('first.txt');
    expect(first).toMatch(/^0 00000000fffffff0 jmp far 0xf000:0\n/);
    expect(first).toMatch(
      /\n0 0000000000007c00 mov dx, 0x3f8\n0 0000000000007c03 mov al, 0x4b\n0 0000000000007c05 out dx, al\n/,
    );
    expect(await once('second.txt')).toBe(first);
  });

  it('writes a profile with the names of functions, of the image or of a file', async () => {
    const path = join(folder, 'profile.json');
    const profileOf = async (...options: string[]): Promise<string[]> => {
      const { code, stderr } = await run(
        ...['--deterministic', '--profile', path, '--profile-interval', '1000', ...options, '--expect', 'drift> '],
        // The loops of the start are not worth compiling.
        ...['--send', 'repeat 6000 {set a 1}', '--expect', 'drift> '],
      );
      expect(code, stderr).toBe(0);
      expect(stderr).toContain(`wrote ${path}`);
      expect(stderr).toMatch(/\nCompiled: [1-9][0-9,]* of [1-9][0-9,]* regions asked for/);
      expect(stderr).toMatch(/Left to TypeScript: .*hot [1-9]/);
      const file = JSON.parse(await readFile(path, 'utf8')) as { shared: { frames: { name: string }[] } };
      return file.shared.frames.map(({ name }) => name);
    };
    expect(await profileOf()).toEqual(expect.arrayContaining(['_startC', 'assembly/main/kmain']));
    const map = join(folder, 'System.map');
    await writeFile(map, '0000000000000000 T everything\n0000000100000000 D end\n');
    expect(await profileOf('--symbols', map)).toEqual(['everything']);
  });

  it('tells where the time to the prompt went', async () => {
    const { code, stderr } = await run('--times', '--expect', 'drift> ');
    expect(code, stderr).toBe(0);
    const rows = stderr.split('\n').filter((row) => / ms {2}/.test(row));
    expect(rows.map((row) => row.replace(/^ *\d+ ms {2}/, '').replace(/[,:].*/, ''))).toEqual([
      ...['load the program', 'build or find the image', 'compose the machine', 'BIOS', 'loader and kernel', 'kernel'],
      'in all',
    ]);
    expect(stderr).toMatch(/\nCompiled: [^]*modules, [^]* made in [0-9]+ ms\./);
    const { stderr: interpreted } = await run('--times', '--no-jit', '--expect', 'drift> ');
    expect(interpreted).toContain('\nCompiled: nothing, all was interpreted.\n');
  });

  it('refuses what does not fit, with a sentence and the way to help', async () => {
    // A header of a bzImage that says: one setup sector, and 7 KiB of kernel behind it.
    const cut = join(folder, 'cut.bz');
    const kernel = Buffer.alloc(1024);
    kernel[0x1f1] = 1;
    kernel.writeUInt32LE(7168 / 16, 0x1f4);
    kernel.writeUInt16LE(0xaa55, 0x1fe);
    kernel.write('HdrS', 0x202);
    kernel.writeUInt16LE(0x20c, 0x206);
    kernel[0x211] = 1;
    await writeFile(cut, kernel);
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['--memory', '8G'], /8G is not a size from 2M to 3G/],
      [['--cores', '99'], /99 is not a whole number from 1 to 32/],
      [['--kernel', image], /no boot header/],
      [['--kernel', cut], /The kernel is cut short: 1024 of 8192 bytes are there/],
      [['--vga-bios', image], /VGA BIOS does not begin with 55h AAh/],
      [['--gdb', '99999'], /gdb: 99999 is no port/],
      [['--gdb', String(port)], /gdb cannot be served on port \d+.*Choose another port/],
      [['--initrd', image], /--initrd and --append go with --kernel/],
      [['--bios', join(folder, 'own.map')], /BIOS has [0-9]+ bytes/],
      [['--bios', join(folder, 'missing')], /--bios: ENOENT/],
      [['--accel', 'tcg'], /--accel is for --on qemu/],
      [['--trace', join(folder, 'missing', 'trace')], /--trace: ENOENT/],
      [['--screenshot', join(folder, 'missing', 'screen.png')], /--screenshot: there is no folder/],
      [['--profile', join(folder, 'missing', 'profile')], /--profile: ENOENT/],
      [['--profile', join(folder, 'no.json'), '--symbols', image], /file of symbols names no function/],
      [['--profile', join(folder, 'no.json'), '--profile-interval', '7'], /interval of a profile is 7/],
      [['--symbols', image], /--symbols goes with --profile/],
      [['--trace', join(folder, 'no'), '--profile', join(folder, 'no')], /--trace and --profile do not go together/],
      [['--execution', 'both'], /--execution is 'both'; it must be one of turns, parallel/],
      [['--execution', 'parallel', '--deterministic'], /--deterministic needs --execution turns/],
      [['--execution', 'parallel', '--profile', join(folder, 'no.json')], /--profile needs --execution turns/],
      [['--gdb', '1234', '--times'], /--gdb and --times do not go together/],
      [['--on', 'qemu', '--deterministic'], /--deterministic is for Drift's own machine/],
    ];
    for (const [options, message] of refusals) {
      const { code, stderr } = await run(...options);
      expect(stderr).toMatch(message);
      expect(code, stderr).toBe(2);
    }
  });

  describe.skipIf(script === undefined)('on a terminal', () => {
    const waiting = /Nothing on the serial line yet: \d+ s, \d+ million instructions/;

    /** Waits for a byte on COM1, prints K, and writes 1 to the exit port. */
    const silent = async (): Promise<string> => {
      const poll = ['mov dx, 0x3fd', 'poll: in al, dx', 'test al, 1', 'jz poll'];
      const answer = ['mov dx, 0x3f8', 'in al, dx', "mov al, 'K'", 'out dx, al', 'mov al, 1', 'out 0xf4, al'];
      return sectorOf('silent', [...poll, ...answer]);
    };

    it('has Ctrl-A keys, and puts the terminal back', async () => {
      const { seen, before, after } = await onTerminal(
        ['run', image],
        ['drift> ', '\x01s'],
        ['end of screen', '\x01x'],
      );
      expect(seen).toContain('Ctrl-A x ends the machine');
      expect(after).toBe(before);
    });

    it('shows that a silent machine runs, until it is silent no more', async () => {
      const { seen, before, after } = await onTerminal(['run', await silent()], [waiting, 'x']);
      expect(seen).toContain('million instructions\r\x1b[KK');
      expect(seen.slice(seen.indexOf('KK'))).not.toMatch(waiting);
      expect(after).toBe(before);
    });

    it('puts the terminal back when a signal ends it, and after an error', async () => {
      const signalled = await onTerminal(['run', await silent()], [waiting, (pid) => process.kill(pid, 'SIGTERM')]);
      expect(signalled.after).toBe(signalled.before);
      const failed = await onTerminal(['run', await silent(), '--screenshot', folder], [waiting, 'x']);
      expect(failed.seen).toMatch(/--screenshot: EISDIR/);
      expect(failed.after).toBe(failed.before);
    });

    it('shows nothing of it where stderr is a file', async () => {
      const { stdout, stderr } = await drift(['run', await silent(), '--timeout', '3']);
      expect(stdout).toBe('');
      expect(stderr).not.toMatch(waiting);
    });
  });
});

describe.skipIf(qemu === undefined)('drift run --on qemu', { timeout: 120_000 }, () => {
  it('types what is piped in, and ends with the guest', async () => {
    const args = [
      'run',
      image,
      '--on',
      'qemu',
      '--accel',
      'tcg',
      '--memory',
      '64M',
      '--cores',
      '2',
      '--machine',
      'q35',
    ];
    const { code, stdout } = await drift(args, { input: 'cores\npoweroff\n' });
    expect(code).toBe(0);
    expect(stdout).toContain('worker 1');
    expect(stdout).not.toContain('worker 2');
  });

  it.skipIf(script === undefined)("has QEMU's Ctrl-A keys on a terminal, and puts the terminal back", async () => {
    const args = ['run', image, '--on', 'qemu', '--accel', 'tcg'];
    const { seen, before, after } = await onTerminal(args, ['drift> ', '\x01x']);
    expect(seen).toContain('QEMU: Terminated');
    expect(after).toBe(before);
  });
});

/** Assembles a boot sector. @returns its path */
async function sectorOf(name: string, lines: readonly string[]): Promise<string> {
  const source = join(folder, `${name}.asm`);
  const sector = join(folder, `${name}.bin`);
  await writeFile(source, ['bits 16', 'org 0x7c00', ...lines, 'halt: hlt', 'jmp halt'].join('\n'));
  expect(await drift(['asm', source, '-o', sector, '--bits', '16'])).toMatchObject({ code: 0, stderr: '' });
  const bytes = Buffer.alloc(512);
  (await readFile(sector)).copy(bytes);
  bytes.set([0x55, 0xaa], 510);
  await writeFile(sector, bytes);
  return sector;
}

/**
 * Runs `drift` on a terminal of its own, typing keys (or doing something else) when a text appears; and the terminal's settings before and after.
 */
async function onTerminal(
  args: readonly string[],
  ...reactions: readonly (readonly [string | RegExp, string | ((pid: number) => void)])[]
): Promise<{ seen: string; before: string; after: string }> {
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  const line = [process.execPath, '--conditions=@drift-os/source', main, ...args].join(' ');
  const commands = `stty -a > ${folder}/before; sh -c 'echo $$ > ${folder}/pid; exec ${line}'; stty -a > ${folder}/after`;
  const child = spawn('script', ['-qec', commands, '/dev/null']);
  let seen = '';
  let next = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen += text;
    const [wanted, reaction] = reactions[next] ?? [];
    if (wanted === undefined || reaction === undefined) return;
    if (typeof wanted === 'string' ? !seen.includes(wanted) : !wanted.test(seen)) return;
    next++;
    if (typeof reaction === 'string') child.stdin.write(reaction);
    else reaction(Number(readFileSync(`${folder}/pid`, 'utf8')));
  });
  await new Promise((resolve) => child.once('close', resolve));
  return { seen, before: await readFile(`${folder}/before`, 'utf8'), after: await readFile(`${folder}/after`, 'utf8') };
}
