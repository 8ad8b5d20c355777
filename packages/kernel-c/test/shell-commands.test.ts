/** The commands of the machine, typed on COM1 of a faked one with three cores. */
import { beforeAll, describe, expect, it } from 'vitest';
import { FakeMachine, Halted } from './fake-machine.ts';
import { FakeWorker } from './fake-worker.ts';
import { kernelWasm } from './kernel-wasm.ts';

const MEBIBYTES = 64;
const TOP = BigInt(MEBIBYTES << 20);
const map = [
  { base: 0n, length: 0x9fc00n, type: 1 },
  { base: 0xf0000n, length: 0x10000n, type: 2 },
  { base: 0x100000n, length: TOP - 0x100000n, type: 1 },
];

/** Boots with as many cores, types the lines one after the other, and gives what each of them printed. */
function typed(cores: number, lines: readonly string[], prepare: (machine: FakeMachine) => void = () => {}): string[] {
  const machine = new FakeMachine(MEBIBYTES);
  prepare(machine);
  const workers: FakeWorker[] = [];
  machine.acpi(cores);
  machine.onStartup = () => {
    workers.push(new FakeWorker(machine));
  };
  machine.onPause = () => {
    for (const worker of workers) worker.poll();
  };
  const waiting = [...lines];
  const answers: string[] = [];
  let from = 0;
  machine.onSleep = () => {
    machine.onPause();
    if (!machine.serial.endsWith('drift> ') || machine.serial.length === from) return true;
    answers.push(machine.serial.slice(from));
    from = machine.serial.length;
    const line = waiting.shift();
    if (line === undefined) return false;
    machine.input.push(...new TextEncoder().encode(`${line}\r`));
    return true;
  };
  const { exports } = new WebAssembly.Instance(kernelWasm, machine.imports());
  const kernel = exports as { _start(): void; kmain(bootInfo: number): void };
  kernel._start();
  expect(() => kernel.kmain(machine.bootInformation(map, ['hello', 'screen']))).toThrow(Halted);
  return answers.slice(1).map((text) =>
    text
      .replaceAll('\r\n', '\n')
      .replace(/^.*\n/, '')
      .replace(/drift> $/, ''),
  );
}

describe('the frequency of the time-stamp counter', () => {
  it('is measured', () => {
    expect(typed(1, ['uptime'])[0]).toContain('MHz, measured against the ACPI timer;');
  });

  it('is what the processor says, where it does', () => {
    const [answer] = typed(1, ['uptime'], (machine) => {
      machine.frequencies = [2, 250, 24_000_000];
    });
    expect(answer).toContain('The time-stamp counter runs at 3000 MHz, as the processor says;');
  });

  it('is measured where the processor says only a part of it', () => {
    const [answer] = typed(1, ['uptime'], (machine) => {
      machine.frequencies = [2, 250, 0];
    });
    expect(answer).toContain('measured against');
  });
});

describe('memory', () => {
  let mem = '';
  let owners = '';
  let check = '';
  let all = '';
  beforeAll(() => {
    [mem = '', owners = '', check = '', all = ''] = typed(3, ['mem', 'ledger owners', 'ledger check', 'ledger all']);
  });

  it('is what E820 says', () => {
    const usable = 0x9fc00 + Number(TOP) - 0x100000;
    expect(mem).toContain(`usable in all: ${usable} bytes`);
    expect(mem).toContain(`${Math.floor(0x9fc00 / 4096) + (Number(TOP) - 0x100000) / 4096} pages`);
    expect(mem).toMatch(/0x0000000f0000 - 0x0000000fffff {2}64 KiB +reserved/);
  });

  it('adds up by owner and by run', () => {
    const pages = (text: string, pattern: RegExp): number =>
      [...text.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
    const total = pages(mem, /^usable +(\d+) pages/gm);
    expect(pages(owners, /^(?!in all).* (\d+) pages/gm)).toBe(total);
    expect(pages(all, /^0x\w+ - 0x\w+ +(\d+) /gm)).toBe(total);
    expect(check).toContain('The ledger adds up');
  });

  it('can be looked at and changed where it is mapped, and nowhere else', () => {
    const answers = typed(1, [
      'poke 0x3000000 0x1122334455667788 64',
      'peek 0x3000000 16 4',
      'dump 0x3000000 20',
      'peek 0',
      'peek 0xfff 32',
      'poke 0xf0000 1',
      'poke 0x3000000 256 8',
      'poke 0x3000000 -128 8; peek 0x3000000 8',
      'peek 0x3000000 24',
      'peek 0xffffffffffffffff 64',
      'page 0x3000000',
    ]);
    expect(answers.slice(0, 3)).toEqual([
      '',
      '0x7788 0x5566 0x3344 0x1122\n',
      '000003000000  88 77 66 55 44 33 22 11  00 00 00 00 00 00 00 00  .wfUD3".........\n' +
        '000003000010  00 00 00 00                                       ....\n',
    ]);
    expect(answers[3]).toContain("peek: '0' is not mapped");
    expect(answers[4]).toContain('is not mapped');
    expect(answers[5]).toContain('is mapped read-only');
    expect(answers[6]).toContain("'256' does not fit");
    expect(answers[7]).toBe('0x80\n');
    expect(answers[8]).toContain("'24' is not 8, 16, 32 or 64 bits");
    expect(answers[9]).toContain('is not mapped');
    expect(answers[10]).toContain('0x000003000000: rw-');
  });
});

describe('workers and applications', () => {
  it('are shown, started and stopped', () => {
    const [cores = '', apps, started, ps = '', again = '', wrong = '', setting = ''] = typed(3, [
      'cores',
      'foreach app [split [apps]] {echo <$app>}',
      'start hello 2',
      'ps',
      'start hello',
      'start hello 7',
      'standoff 2 spin 77; standoff 2',
    ]);
    expect(cores.match(/running/g)).toHaveLength(3);
    expect(apps).toBe('<hello>\n<screen>\n');
    expect(started).toBe('instance 1 runs on worker 2\n');
    expect(ps).toMatch(/^ +1 {2}hello +2 {2}running /m);
    expect(again).toContain("'hello' runs already");
    expect(wrong).toContain("'7' is not a worker");
    expect(setting).toMatch(/^ +2 +77 /m);
  });

  it('are missed in words where there is one core', () => {
    const [cores = '', start, standoff] = typed(1, ['cores', 'start hello', 'standoff']);
    expect(cores.trimEnd().split('\n')).toHaveLength(2);
    expect(start).toContain('no worker runs');
    expect(standoff).toContain('there is one core only');
  });
});

describe('the machine', () => {
  it('sleeps, measures, and tells that it cannot be turned off', () => {
    const [measured = '', off] = typed(1, ['time {sleep 20}', 'poweroff']);
    expect(Number(measured.split(' ')[0])).toBeGreaterThanOrEqual(20_000);
    expect(off).toContain('the firmware does not say how');
  });

  it('lists its commands within the width of the screen', () => {
    const [help = ''] = typed(1, ['help']);
    for (const name of ['cores', 'mem', 'ledger', 'rings', 'ps', 'log', 'peek', 'poke', 'dump', 'time', 'standoff']) {
      expect(help).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'));
    }
    for (const line of help.split('\n').slice(0, -3)) expect(line.length).toBeLessThan(80);
  });
});
