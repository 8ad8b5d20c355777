/** Runs a guest program on QEMU (interpreting) and on Bochs, and gives what it printed. */
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Oracle {
  readonly name: string;
  readonly available: boolean;
  /** What to install. */
  readonly package: string;
  run(rom: Uint8Array): Promise<string>;
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Long enough for a busy machine; the programs take well below a second. */
const PATIENCE = 60_000;

async function inFolder(
  rom: Uint8Array,
  start: (folder: string) => readonly string[],
  output: string,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'drift-guest-'));
  try {
    await writeFile(join(folder, 'rom'), rom);
    const [program = '', ...programArguments] = start(folder);
    const child = spawn(program, programArguments, { stdio: ['pipe', 'pipe', 'ignore'], cwd: folder });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stdin.on('error', () => undefined);
    child.stdin.end('c\n');
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
    await new Promise((done) => child.once('close', done));
    clearTimeout(timer);
    return output === '' ? Buffer.concat(parts).toString('latin1') : await readFile(join(folder, output), 'latin1');
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The lines that a guest printed: they begin with an at sign, which nothing that the hypervisors print does. */
function guestLines(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('@'))
    .map((line) => line.slice(1).trimEnd())
    .join('\n');
}

export const qemu: Oracle = {
  name: 'QEMU',
  available: has('qemu-system-x86_64'),
  package: 'qemu-system-x86',
  run: async (rom) => {
    const start = (folder: string): string[] => [
      'qemu-system-x86_64',
      ...[
        '-accel',
        'tcg',
        '-cpu',
        'max',
        '-m',
        '64',
        '-display',
        'none',
        '-no-reboot',
        '-nic',
        'none',
        '-bios',
        join(folder, 'rom'),
      ],
      ...[
        '-debugcon',
        'file:output',
        '-device',
        'isa-debug-exit,iobase=0xf4,iosize=1',
        '-serial',
        'none',
        '-monitor',
        'none',
      ],
    ];
    return guestLines(await inFolder(rom, start, 'output'));
  },
};

export const bochs: Oracle = {
  name: 'Bochs',
  available: has('bochs'),
  package: 'bochs',
  run: async (rom) => {
    const start = (folder: string): string[] => {
      const lines = [
        'config_interface: textconfig',
        'display_library: rfb, options="timeout=0"',
        // Where a host has no sound, some drivers take the whole program down.
        'sound: driver=dummy',
        `romimage: file="${folder}/rom", address=0xffff0000`,
        'memory: guest=64, host=64',
        'cpu: model=corei7_skylake_x, count=1, ips=50000000, reset_on_triple_fault=0',
        'port_e9_hack: enabled=1',
        'clock: sync=none',
        'panic: action=fatal',
        'error: action=ignore',
        'info: action=ignore',
        'log: /dev/null',
      ];
      writeFileSync(join(folder, 'bochsrc'), lines.join('\n'));
      return ['bochs', '-q', '-f', join(folder, 'bochsrc')];
    };
    return guestLines(await inFolder(rom, start, ''));
  },
};
