/** Compile time grows with the size of a function, not with its square. */
import { expect, it } from 'vitest';
import { compileText } from './samples.ts';

/** A function of about `count` instructions: loops, branches, memory, many locals. */
function longFunction(count: number): string {
  const locals = 40;
  const parts: string[] = [];
  for (let i = 0; i < count / 14; i++) {
    const [a, b, c] = [i % locals, (i * 7 + 3) % locals, (i * 11 + 5) % locals];
    parts.push(`(local.set ${a} (i32.add (local.get ${b}) (i32.load offset=${(i % 64) * 4} (local.get ${c}))))`);
    if (i % 3 === 0)
      parts.push(
        `(if (i32.lt_s (local.get ${a}) (local.get ${b})) (then (local.set ${c} (i32.xor (local.get ${c}) (i32.const ${i})))))`,
      );
    if (i % 50 === 0) parts.push(`(loop (br_if 0 (local.tee ${a} (i32.shr_u (local.get ${a}) (i32.const 3)))))`);
  }
  const declared = Array.from({ length: locals - 1 }, () => 'i32').join(' ');
  return `(module (memory 1) (func (export "f") (param i32) (result i32) (local ${declared}) ${parts.join('\n')} (local.get 0)))`;
}

it('is linear up to functions of 100,000 instructions', () => {
  const measure = (count: number): number => {
    const begun = process.cpuUsage();
    compileText(longFunction(count));
    const { user } = process.cpuUsage(begun);
    return user / 1000;
  };
  measure(10_000);
  const small = measure(12_500);
  const large = measure(100_000);
  process.stderr.write(
    `compile time, CPU ms: 12,500 instructions ${small.toFixed(0)}, 100,000 instructions ${large.toFixed(0)}\n`,
  );
  expect(large / small).toBeLessThan(8 * 3);
});
