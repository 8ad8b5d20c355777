/** Control registers, MSRs, CPUID, system calls: what may be written when, and what is promised (SDM 3A 2.5, 5.8.7; SDM 2). */
import { describe, expect, test } from 'vitest';
import { control, eax, mem, rax, type Register, registers, rows } from '../../src/index.ts';
import { FeatureSet, Segment } from '../../src/system/index.ts';
import { delivered, level, longCore, protectedCore, Selector } from './environment.ts';
import { PlainCore } from './plain-core.ts';

const cr0 = registers.get('cr0') as Register;

function writeControl(core: PlainCore, number: number, value: bigint): string {
  core.gpr[0] = value;
  const register = control[number];
  if (register === undefined) throw new Error(`No CR${number}`);
  const mode = core.segment(Segment.cs).attributes & 0x2000 ? 64 : 32;
  return core.do(mode, 'mov', register, mode === 64 ? rax : eax) ? 'done' : delivered(core);
}

function msr(core: PlainCore, address: number, value?: bigint): string | bigint {
  core.gpr[1] = BigInt(address);
  if (value !== undefined) {
    core.gpr[0] = value & 0xffff_ffffn;
    core.gpr[2] = value >> 32n;
    return core.do(64, 'wrmsr') ? 'done' : delivered(core);
  }
  if (!core.do(64, 'rdmsr')) return delivered(core);
  return ((core.gpr[2] as bigint) << 32n) | (core.gpr[0] as bigint);
}

function cpuid(core: PlainCore, leaf: number, subleaf = 0): number[] {
  core.gpr[0] = BigInt(leaf);
  core.gpr[1] = BigInt(subleaf);
  core.do(64, 'cpuid');
  return [0, 3, 1, 2].map((number) => Number(core.gpr[number]));
}

describe('control registers', () => {
  test.each([
    ['paging without protection', 0, 0x8000_0000n],
    ['NW without CD', 0, 0x2000_0011n],
    ['a reserved bit of CR4', 4, 1n << 15n],
    ['CET, which is not offered', 4, 1n << 23n],
  ])('%s is #GP(0)', (_, number, value) => {
    const core = protectedCore();
    expect(writeControl(core, number, value)).toBe('#13(0h)');
  });

  test('long mode is entered by paging with LME and PAE, from 32-bit code, and needs both', () => {
    const core = protectedCore();
    core.efer = 0x100;
    expect(writeControl(core, 0, 0x8000_0011n)).toBe('#13(0h)');
    core.rip = 0x4000n;
    core.cr4 = 0x20;
    expect(writeControl(core, 0, 0x8000_0011n)).toBe('done');
    expect(core.efer).toBe(0x500);
    expect(writeControl(core, 0, 0x11n)).toBe('done');
    expect(core.efer).toBe(0x100);
  });

  test('64-bit code leaves neither paging nor PAE', () => {
    expect(writeControl(longCore(), 0, 0x11n)).toBe('#13(0h)');
    expect(writeControl(longCore(), 4, 0n)).toBe('#13(0h)');
  });

  test('PCIDs are for long mode', () => {
    expect(writeControl(protectedCore(), 4, 1n << 17n)).toBe('#13(0h)');
    const core = longCore();
    expect(writeControl(core, 4, 0x2_0020n)).toBe('done');
    expect(writeControl(core, 3, (1n << 63n) | 0x5007n)).toBe('done');
    expect(core.cr3).toBe(0x5007n);
  });

  test('PAE paging loads four PDPTEs and checks their reserved bits', () => {
    const core = protectedCore();
    core.cr4 = 0x20;
    core.cr3 = 0x6000n;
    core.poke(0x6000, 0x7001n);
    core.poke(0x6008, 0x8005n | 2n);
    expect(writeControl(core, 0, 0x8000_0011n)).toBe('#13(0h)');
    expect(core.cr0 >>> 0).toBe(0x11);
    core.poke(0x6008, 0x8001n);
    core.rip = 0x4000n;
    expect(writeControl(core, 0, 0x8000_0011n)).toBe('done');
    expect([...core.pdptes]).toEqual([0x7001n, 0x8001n, 0n, 0n]);
  });

  test('only level 0 reads and writes them; LMSW does not clear PE', () => {
    const core = protectedCore();
    level(core, 3);
    expect(writeControl(core, 3, 0n)).toBe('#13(0h)');
    const inner = protectedCore();
    inner.gpr[0] = 0xen;
    const ax = registers.get('ax');
    if (ax === undefined) throw new Error('no ax');
    inner.do(32, 'lmsw', ax);
    expect(inner.cr0).toBe(0x1f);
    inner.do(32, 'mov', eax, cr0);
    expect(inner.gpr[0]).toBe(0x1fn);
  });

  test('XCR0 takes x87, then SSE, then AVX', () => {
    const core = longCore();
    core.cr4 |= 1 << 18;
    const write = (value: bigint): boolean => {
      core.rip = 0x4000n;
      core.gpr[0] = value;
      core.gpr[1] = core.gpr[2] = 0n;
      return core.do(64, 'xsetbv');
    };
    expect([7n, 3n, 1n, 0x207n].map(write)).toEqual([true, true, true, true]);
    expect([0n, 2n, 5n, 0x87n].map(write)).toEqual([false, false, false, false]);
    expect(core.xcr0).toBe(0x207);
  });
});

describe('MSRs', () => {
  test('an unknown one is #GP(0), and is reported once', () => {
    const core = longCore();
    expect(msr(core, 0x1234_5678)).toBe('#13(0h)');
    msr(core, 0x1234_5678);
    expect(core.unknownMsrs).toEqual(['read 12345678']);
  });

  test('addresses must be canonical, EFER has no other bits', () => {
    const core = longCore();
    expect(msr(core, 0xc000_0082, 1n << 47n)).toBe('#13(0h)');
    expect(msr(core, 0xc000_0080, 0x1000n)).toBe('#13(0h)');
    expect(msr(core, 0xc000_0080, 0x901n)).toBe('done');
    expect(msr(core, 0xc000_0080)).toBe(0xd01n);
  });

  test('LME does not change under paging', () => {
    expect(msr(longCore(), 0xc000_0080, 0n)).toBe('#13(0h)');
  });

  test('PAT and MTRRs take memory types that there are', () => {
    const core = longCore();
    expect(msr(core, 0x277, 0x0007_0406_0007_0402n)).toBe('#13(0h)');
    expect(msr(core, 0x2ff, 0xc06n)).toBe('done');
    expect(msr(core, 0x2ff)).toBe(0xc06n);
  });

  test('the time-stamp counter counts from what is written', () => {
    const core = longCore();
    core.time = 1000n;
    msr(core, 0x10, 5n);
    core.time = 1500n;
    core.do(64, 'rdtsc');
    expect(core.gpr[0]).toBe(505n);
  });

  test('what restrains speculation, which there is none of, is accepted where it is offered', () => {
    const core = longCore();
    expect(msr(core, 0x48)).toBe(0n);
    expect(msr(core, 0x48, 3n)).toBe('done');
    expect(msr(core, 0x48)).toBe(3n);
    expect(msr(core, 0x48, 4n)).toBe('#13(0h)');
    expect(msr(core, 0x49, 1n)).toBe('done');
    expect(msr(core, 0x49, 2n)).toBe('#13(0h)');
    expect(msr(core, 0x49)).toBe('#13(0h)');
    expect(((cpuid(core, 7)[3] as number) >> 26) & 7).toBe(3);
  });

  test('IA32_TSC_ADJUST is what was added to the counter', () => {
    const core = longCore();
    core.time = 1000n;
    expect(msr(core, 0x3b)).toBe(0n);
    msr(core, 0x10, 5n);
    expect(msr(core, 0x3b)).toBe(BigInt.asUintN(64, 5n - 1000n));
    msr(core, 0x3b, 70n);
    core.time = 1500n;
    core.do(64, 'rdtsc');
    expect(core.gpr[0]).toBe(1570n);
  });

  test('FS base is the one of the segment register', () => {
    const core = longCore();
    msr(core, 0xc000_0100, 0xffff_8000_0000_0000n);
    expect(core.segment(Segment.fs).base).toBe(0xffff_8000_0000_0000n);
  });
});

describe('CPUID', () => {
  test('names the vendor, the brand, the hypervisor', () => {
    const core = longCore();
    const text = (words: number[]): string =>
      words.map((word) => String.fromCharCode(...[0, 8, 16, 24].map((at) => (word >>> at) & 0xff))).join('');
    const [maximum = 0, ebx = 0, ecx = 0, edx = 0] = cpuid(core, 0);
    expect(maximum).toBe(0x16);
    expect(text([ebx, edx, ecx])).toBe('GenuineIntel');
    const brand = [2, 3, 4].flatMap((leaf) => cpuid(core, 0x8000_0000 + leaf));
    expect(text(brand).replaceAll('\0', '')).toBe('Drift x86-core virtual processor');
    expect(text(cpuid(core, 0x4000_0000).slice(1))).toBe('DriftMachine');
  });

  test('OSXSAVE mirrors CR4, the APIC bit IA32_APIC_BASE', () => {
    const core = longCore();
    expect((cpuid(core, 1)[2] as number) & (1 << 27)).toBe(0);
    core.cr4 |= 1 << 18;
    expect((cpuid(core, 1)[2] as number) & (1 << 27)).not.toBe(0);
    expect((cpuid(core, 1)[3] as number) & (1 << 9)).not.toBe(0);
    msr(core, 0x1b, 0xfee0_0000n);
    expect((cpuid(core, 1)[3] as number) & (1 << 9)).toBe(0);
  });

  test('a feature that is left out takes along what needs it', () => {
    const features = new FeatureSet(['XSAVE']);
    expect(['XSAVE', 'AVX', 'AVX2', 'FMA', 'PKU', 'SSE2'].map((name) => features.has(name))).toEqual([
      ...[false, false, false, false, false, true],
    ]);
    expect(() => new FeatureSet(['AVX-1024'])).toThrow('There is no CPU feature "AVX-1024"');
  });

  test('the sizes of XSAVE areas follow XCR0', () => {
    const core = longCore();
    core.xcr0 = 7;
    expect(cpuid(core, 0xd, 0)).toEqual([0x207, 832, 840, 0]);
    expect(cpuid(core, 0xd, 2)).toEqual([256, 576, 0, 0]);
  });

  test('topology: the cores of one package', () => {
    const core = new PlainCore({ apicId: 2, cores: 4 });
    expect(cpuid(core, 0xb, 0)).toEqual([0, 1, 0x100, 2]);
    expect(cpuid(core, 0xb, 1)).toEqual([2, 4, 0x201, 2]);
  });

  test('every feature of the instruction table is offered, or is one that is known not to be', () => {
    const features = new FeatureSet();
    const missing = new Set(
      rows()
        .map(({ feature }) => feature)
        .filter((feature) => !features.offers(feature)),
    );
    expect([...missing].sort()).toEqual(['SVM', 'VMX', 'XSAVES']);
  });
});

describe('system calls', () => {
  test('SYSCALL and SYSRETQ swap level, flags and address', () => {
    const core = longCore(3);
    core.efer |= 1;
    core.msr.star = (0x13n << 48n) | (8n << 32n);
    core.msr.lstar = 0xffff_8000_0000_1000n;
    core.msr.sfmask = 0x200n;
    core.rflags = 0x246;
    core.do(64, 'syscall');
    expect([core.cpl, core.rip, core.rflags, core.gpr[1], core.gpr[11]]).toEqual([
      ...[0, 0xffff_8000_0000_1000n, 0x46, 0x4002n, 0x246n],
    ]);
    expect([Segment.cs, Segment.ss].map((number) => core.segment(number).selector)).toEqual([8, 16]);
    core.do(64, 'sysretq');
    expect([core.cpl, core.rip, core.rflags]).toEqual([3, 0x4002n, 0x246]);
    expect([Segment.cs, Segment.ss].map((number) => core.segment(number).selector)).toEqual([0x23, 0x1b]);
  });

  test('SYSCALL is #UD without SCE and in compatibility mode, SYSRET to no canonical address #GP(0)', () => {
    const core = longCore(3);
    core.do(64, 'syscall');
    expect(delivered(core)).toBe('#6');
    const inner = longCore();
    inner.efer |= 1;
    inner.gpr[1] = 1n << 47n;
    inner.do(64, 'sysretq');
    expect(delivered(inner)).toBe('#13(0h)');
    expect(inner.cpl).toBe(0);
  });

  test('SYSENTER without a selector is #GP(0); SYSEXITQ goes 32 further', () => {
    const core = longCore(3);
    core.do(64, 'sysenter');
    expect(delivered(core)).toBe('#13(0h)');
    const inner = longCore();
    inner.msr.sysenterCs = 8n;
    inner.gpr[1] = 0x7000n;
    inner.gpr[2] = 0x6000n;
    inner.do(64, 'sysexitq');
    expect([inner.rip, inner.gpr[4], inner.cpl, inner.segment(Segment.cs).selector]).toEqual([
      0x6000n,
      0x7000n,
      3,
      0x2b,
    ]);
  });

  test('SWAPGS exchanges the bases', () => {
    const core = longCore();
    core.msr.kernelGsBase = 0x1234n;
    core.do(64, 'swapgs');
    expect([core.segment(Segment.gs).base, core.msr.kernelGsBase]).toEqual([0x1234n, 0n]);
  });
});

test('descriptor table registers: 16-bit operands load and keep 24 bits of base', () => {
  const core = protectedCore();
  core.poke(0x600, 0x1234_5678_07ffn);
  core.do(32, 'o16 lgdt', mem({ displacement: 0x600 }));
  expect(core.gdtr).toEqual({ limit: 0x7ff, base: 0x34_5678n });
  core.rip = 0x4000n;
  core.do(32, 'sgdt', mem({ displacement: 0x700 }));
  expect(core.peek(0x702)).toBe(0x34_5678);
});

test('LTR marks its TSS busy and refuses a busy one; VERW and LSL tell by ZF', () => {
  const core = protectedCore();
  const ax = registers.get('ax');
  if (ax === undefined) throw new Error('no ax');
  core.gpr[0] = BigInt(Selector.otherTss);
  core.do(32, 'ltr', ax);
  expect(core.peek(0x1000 + Selector.otherTss + 5, 1)).toBe(0x8b);
  core.do(32, 'lsl', eax, eax);
  expect([core.gpr[0], core.rflags & 0x40]).toEqual([0x67n, 0x40]);
  core.gpr[0] = BigInt(Selector.readOnly);
  core.do(32, 'verw', ax);
  expect(core.rflags & 0x40).toBe(0);
  core.gpr[0] = BigInt(Selector.otherTss);
  core.do(32, 'ltr', ax);
  expect(delivered(core)).toBe('#13(48h)');
});

/** SDM 3A 5.9, and the instructions that came later. */
const privileged = [
  ...['lgdt', 'lidt', 'lldt', 'ltr', 'lmsw', 'clts', 'hlt', 'rdmsr', 'wrmsr', 'invlpg', 'invpcid', 'invd', 'wbinvd'],
  ...['wbnoinvd', 'swapgs', 'sysret', 'sysretq', 'sysexit', 'sysexitq', 'xsetbv'],
];

test('outside of level 0 every privileged instruction without operands is #GP(0)', () => {
  const bare = privileged.filter((name) => rows().some((row) => row.mnemonic === name && row.operands.length === 0));
  expect(bare.length).toBeGreaterThan(8);
  for (const name of bare) {
    const core = longCore(3);
    core.efer |= 1;
    core.cr4 |= 1 << 18;
    core.msr.sysenterCs = 8n;
    core.do(64, name as 'hlt');
    expect([name, delivered(core)]).toEqual([name, '#13(0h)']);
  }
});
