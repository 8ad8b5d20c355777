/** Profiles: where a guest spends its instructions is where the samples are, and speedscope's own schema takes the file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Assembler, bl, cx } from '@drift-os/toolchain';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import {
  createMachine,
  type GuestFunction,
  type ProfileOptions,
  readSymbols,
  type SpeedscopeFile,
} from '../src/index.ts';

const require = createRequire(import.meta.url);
const BOOT_SECTOR = 0x7c00;

/** For ever: 9 rounds of `hot` for one of `cold`, which are the same code. */
function loops(): { disk: Uint8Array; functions: GuestFunction[] } {
  const a = new Assembler({ name: 'loops', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  a.label('main').emit('mov', bl, 9);
  a.label('again').emit('call', a.ref('hot')).emit('dec', bl).emit('jnz', a.ref('again'));
  a.emit('call', a.ref('cold')).emit('jmp', a.ref('main'));
  for (const name of ['hot', 'cold']) {
    a.label(name).emit('mov', cx, 200);
    a.label(`${name} loop`)
      .emit('dec', cx)
      .emit('jnz', a.ref(`${name} loop`))
      .emit('ret');
  }
  a.org(510).u16(0xaa55);
  const { sections, symbols } = a.finish();
  const disk = new Uint8Array(64 * 512);
  disk.set(sections[0]?.bytes ?? []);
  const functions = ['main', 'hot', 'cold'].map((name) => {
    const offset = symbols.find((symbol) => symbol.name === name)?.offset ?? 0;
    return { name, address: BigInt(BOOT_SECTOR + offset) };
  });
  return { disk, functions };
}

const { disk, functions } = loops();
const SECOND = 1_000_000_000n;

async function profileOf(options: ProfileOptions, cores = 1): Promise<SpeedscopeFile> {
  await using machine = await createMachine({ memory: '16M', time: 'virtual', disks: [disk], cores, paused: true });
  machine.setBreakpoint(BOOT_SECTOR);
  machine.runFor(10n * SECOND);
  expect(machine.registers().rip).toBe(BigInt(BOOT_SECTOR));
  machine.clearBreakpoint(BOOT_SECTOR);
  const profile = machine.profile(options);
  machine.runFor(SECOND / 50n);
  profile.stop();
  const file = profile.toSpeedscope('loops');
  machine.runFor(SECOND / 100n);
  expect(profile.toSpeedscope('loops')).toEqual(file);
  return file;
}

/** The part of a core's weight that lies in each innermost frame. */
function shares({ shared, profiles }: SpeedscopeFile, core = 0): Map<string, number> {
  const parts = new Map<string, number>();
  const profile = profiles[core];
  for (const [index, stack] of (profile?.samples ?? []).entries()) {
    const name = shared.frames[stack.at(-1) ?? -1]?.name ?? '';
    parts.set(name, (parts.get(name) ?? 0) + (profile?.weights[index] ?? 0) / (profile?.endValue ?? 1));
  }
  return parts;
}

describe('a profile', () => {
  it('has as much of a function as the guest spends in it, the same in every run', async () => {
    const file = await profileOf({ interval: 500, functions });
    const parts = shares(file);
    expect(parts.get('hot')).toBeCloseTo(0.9, 1);
    expect(parts.get('cold')).toBeCloseTo(0.1, 1);
    const [{ endValue } = { endValue: 0 }] = file.profiles;
    // An instruction takes 4 ns of the guest's time.
    expect(endValue / (Number(SECOND / 50n) / 4)).toBeCloseTo(1, 2);
    expect(await profileOf({ interval: 500, functions })).toEqual(file);
  });

  it('has addresses where no function is known, and a profile for each core', async () => {
    const file = await profileOf({}, 2);
    expect(file.profiles.map(({ name }) => name)).toEqual(['core 0', 'core 1']);
    expect(file.profiles[1]?.samples).toEqual([]);
    expect([...shares(file).keys()]).toSatisfy((names: string[]) =>
      names.every((name) => /^0x7c[0-9a-f]{2}$/.test(name)),
    );
  });

  it('is one that speedscope takes', async () => {
    const schema = require.resolve('speedscope/dist/release/file-format-schema.json');
    const validate = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(schema, 'utf8')) as object);
    for (const weigh of ['instructions', 'host-time'] as const) {
      const file = JSON.parse(JSON.stringify(await profileOf({ functions, weigh }))) as SpeedscopeFile;
      validate(file);
      expect(validate.errors).toBeNull();
      const [profile] = file.profiles;
      expect(profile?.samples.length).toBeGreaterThan(0);
      expect(profile?.weights.length).toBe(profile?.samples.length);
      expect(validate({ ...file, profiles: [{ ...profile, weights: 'none' }] })).toBe(false);
    }
  });

  it('does not go with another one, nor with a trace', async () => {
    await using machine = await createMachine({ memory: '16M', time: 'virtual', disks: [disk], paused: true });
    const profile = machine.profile();
    expect(() => machine.trace(() => {})).toThrow(/traced or profiled already/);
    profile.stop();
    const end = machine.trace(() => {});
    expect(() => machine.profile()).toThrow(/traced or profiled already/);
    end();
    expect(() => machine.profile({ interval: 10 })).toThrow(/interval of a profile is 10/);
    machine.profile().stop();
  });
});

function hasTools(flag: string): boolean {
  try {
    execFileSync('gcc', [flag, '-xc', '-', '-c', '-o', '/dev/null'], { input: 'int x;', stdio: 'pipe' });
    execFileSync('nm', ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    console.log(
      `Skipped: symbols of an ELF file. gcc ${flag} or nm is not installed (apt-get install gcc-multilib binutils).`,
    );
    return false;
  }
}

describe('symbols', () => {
  for (const flag of ['-m64', '-m32']) {
    it.skipIf(!hasTools(flag))(`of an ELF file are those that nm tells of, gcc ${flag}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'drift-symbols-'));
      const path = join(folder, 'program');
      const input = `int data = 1; static int one(int x) { return x * 3; } int two(void) { return one(data); }
        __asm__(".globl _start\\n_start: call two\\nlabel: jmp label");`;
      execFileSync('gcc', [flag, '-O0', '-nostdlib', '-static', '-xc', '-', '-o', path], { input });
      const map = execFileSync('nm', ['-n', path], { encoding: 'utf8' });
      const elf = readFileSync(path);
      rmSync(folder, { recursive: true });
      const names = (found: readonly GuestFunction[]) =>
        found.map(({ name, address }) => `${name} ${address.toString(16)}`).sort();
      const fromElf = readSymbols(elf);
      expect(names(fromElf)).toEqual(names(readSymbols(Buffer.from(map))));
      expect(fromElf.map(({ name }) => name)).toEqual(expect.arrayContaining(['one', 'two', '_start', 'label']));
      expect(fromElf.map(({ name }) => name)).not.toContain('data');
      expect(() => readSymbols(elf.subarray(0, 600))).toThrow(/cut off|names no function/);
    });
  }

  it('of a System.map end where other symbols begin', () => {
    const map = 'ffffffff81000000 T _stext\nffffffff81000010 t one\nffffffff81000040 D data\nffffffff81000050 W two\n';
    expect(readSymbols(Buffer.from(map))).toEqual([
      { name: '_stext', address: 0xffffffff81000000n, bytes: 0x10 },
      { name: 'one', address: 0xffffffff81000010n, bytes: 0x30 },
      { name: 'two', address: 0xffffffff81000050n },
    ]);
    expect(() => readSymbols(Buffer.from('hello\n'))).toThrow(/names no function/);
  });
});
