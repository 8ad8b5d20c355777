/** Why a row has no vectors, or vectors that show only how a program outside of ring 0 is refused. */
import type { Row } from '@drift-os/x86-core';

const byMnemonic: readonly (readonly [RegExp, string])[] = [
  [/^(rdtsc|rdtscp)$/, 'the time stamp counter is different each time'],
  [/^(rdrand|rdseed)$/, 'random'],
  [/^(cpuid|rdpid|xgetbv|rdpmc)$/, "the answer is the capture machine's configuration"],
  [/^(syscall|sysenter)$/, "enters the capture machine's kernel"],
  [/^(sgdt|sidt|sldt|str|smsw)$/, 'Linux refuses it by UMIP and answers in its place'],
  [/^(vmcall|vmmcall)$/, "leaves to the capture machine's hypervisor"],
  [/^(xsavec|xsaveopt)/, 'depends on which parts of the state the processor has seen changed since the last XRSTOR'],
];

const features: Readonly<Record<string, string>> = {
  SSE3: 'pni',
  'SSE4.1': 'sse4_1',
  'SSE4.2': 'sse4_2',
  CX8: 'cx8',
  CMPXCHG16B: 'cx16',
  CLFSH: 'clflush',
  FXSR: 'fxsr',
  LZCNT: 'abm',
  PREFETCHW: '3dnowprefetch',
  SHA: 'sha_ni',
  MSR: 'msr',
};

/** Rows whose feature bit is not set, but which every processor executes or refuses in the same way. */
const always = /^(endbr|monitor|mwait|prefetch|sysret|sysexit|clac|stac|xsaves|xrstors|wbnoinvd|nop|invpcid)/;

const privileged =
  /^(hlt|rdmsr|wrmsr|lgdt|lidt|lldt|ltr|lmsw|clts|invd|wbinvd|wbnoinvd|invlpg|invpcid|swapgs|sysret|sysretq|sysexit|sysexitq|xsetbv|clac|stac|monitor|mwait|rsm|xsaves|xsaves64|xrstors|xrstors64|in|out|insb|insw|insd|outsb|outsw|outsd|cli|sti)$/;

/** @param flags of /proc/cpuinfo. @returns why the row has no vectors, or undefined. */
export function refusal(row: Row, flags: ReadonlySet<string>): string | undefined {
  const known = byMnemonic.find(([pattern]) => pattern.test(row.mnemonic));
  if (known !== undefined) return known[1];
  if (row.feature === undefined || always.test(row.mnemonic)) return undefined;
  const flag = features[row.feature] ?? row.feature.toLowerCase();
  return flags.has(flag) ? undefined : `the capture processor has no ${row.feature}`;
}

/** @returns what a row's vectors leave out. */
export function limitation(row: Row): string | undefined {
  const registers = row.operands.some(({ registerClass }) => registerClass === 'control' || registerClass === 'debug');
  return registers || privileged.test(row.mnemonic) ? 'privileged: these show only the refusal at CPL 3' : undefined;
}
