import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { drift } from './drift.ts';

describe('drift', () => {
  it('prints help for itself and for each command', async () => {
    const { code, stdout } = await drift(['--help']);
    expect(code).toBe(0);
    const commands = [...(/Commands:\n([\s\S]*?)\n\n/.exec(stdout)?.[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map(
      (match) => match[1],
    );
    expect(commands).toContain('run');
    for (const command of commands) {
      const help = await drift([command ?? '', '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toMatch(new RegExp(`^Usage: drift ${command}.*Examples:`, 'ms'));
      expect(await drift(['help', command ?? ''])).toEqual(help);
    }
  });

  it('says its version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(await drift(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    [[], ''],
    [['fly'], "There is no command 'fly'.\nSee: drift --help\n"],
    [['run', '--warp', '9'], '--warp'],
    [['build', 'hello', '--start', 'hello@zero'], "--start is 'hello@zero'; it must be APP or APP@WORKER."],
    [['build', 'hello', '--stand-off', '1000,64'], "--stand-off is '1000,64'; it must be SPIN,PAUSE,LIMIT,MWAIT,"],
    [['bench', 'pigs'], "there is 'rings'"],
    [['build', 'no-such-app'], "'no-such-app' is neither a .ts or .wasm file nor an example. The examples: "],
    [['build', 'no-such-file.ts'], 'There is no file'],
    [['run', 'package.json', 'b.img'], 'run takes one image'],
    [['run', 'package.json', '--on', 'mars'], "--on is 'mars'; it must be one of drift, qemu, bochs."],
    [['run', 'package.json', '--timeout', 'soon'], "--timeout is 'soon'; it must be a positive number."],
    [['run', 'package.json', '--on', 'bochs', '--cores', '2'], '--cores is for QEMU'],
    [['run', 'package.json', '--on', 'qemu', '--accel', 'tcg', '--cores', '300'], 'a whole number from 1 to 255'],
    [['run', 'package.json', '--on', 'qemu', '--accel', 'tcg', '--memory', 'lots'], "'512M' or '5G'"],
    [['run', 'package.json', '--on', 'bochs'], 'it must be a raw disk image with a boot sector'],
    [['run', 'no-such.img'], 'There is no file no-such.img.\nSee: drift run --help'],
  ])('refuses %j with exit code 2 and says why', async (args, complaint) => {
    const { code, stderr } = await drift(args);
    expect(stderr).toContain(complaint);
    expect(code).toBe(2);
  });

  it('says what is missing and how to install it, with exit code 3', async () => {
    const image = new URL('../package.json', import.meta.url).pathname;
    const { code, stderr } = await drift(['run', image, '--on', 'qemu', '--accel', 'tcg'], {
      environment: { PATH: '/nowhere' },
    });
    expect(stderr).toContain('apt-get install qemu-system-x86');
    expect(code).toBe(3);
  });
});
