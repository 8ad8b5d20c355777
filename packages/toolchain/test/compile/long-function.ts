/** Functions of any length, for measures of how the compiler's work grows. */

/** The text of a module with one function of about `count` instructions: loops, branches, memory, many locals. */
export function longFunction(count: number): string {
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
