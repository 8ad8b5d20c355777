/** The processor that the tests run on, as an oracle: mostly only one of the kind that the Cpu is like to the last bit. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the comparisons use beyond SSE2, as /proc/cpuinfo names it. */
const needed = ['avx2', 'bmi2', 'fma', 'f16c', 'adx', 'abm', 'movbe'];

/**
 * Whether this host's processor can be compared with, and gcc is there to do it. Approximations, undefined flags and the x87's pointers differ
 * from maker to maker; the Cpu has Intel's. `maker`: any will do for what depends on none of these. Says what is skipped where not.
 */
export function canCompareWithHost(what: string, maker: 'Intel' | 'any' = 'Intel'): boolean {
  if (process.platform === 'linux' && process.arch === 'x64' && spawnSync('gcc', ['--version']).status === 0) {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    const flags = new Set((/^flags\s*:(.*)$/m.exec(text)?.[1] ?? '').trim().split(' '));
    const fits = maker === 'any' || text.includes('GenuineIntel');
    if (fits && needed.every((feature) => flags.has(feature))) return true;
  }
  console.log(
    `skipped: ${what}. It needs Linux on ${maker === 'any' ? 'a' : 'an Intel'} processor with AVX2, BMI2, FMA and F16C, and gcc (apt-get install gcc)`,
  );
  return false;
}
