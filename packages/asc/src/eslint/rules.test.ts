/** Each trap is found, and the code beside it that is right is left alone. */
import { RuleTester } from 'eslint';
import { parser } from 'typescript-eslint';
import { afterAll, describe, it } from 'vitest';
import { plugin } from './index.ts';

Object.assign(RuleTester, { describe, it, afterAll });
const tester = new RuleTester({ languageOptions: { parser, parserOptions: { allowInvalidAST: true } } });

function check(
  name: string,
  valid: readonly string[],
  invalid: readonly string[],
  options: readonly object[] = [],
): void {
  const rule = plugin.rules?.[name];
  if (rule === undefined) throw new Error(`There is no rule ${name}.`);
  tester.run(name, rule, {
    valid: valid.map((code) => ({ code, options: [...options] })),
    invalid: invalid.map((code) => ({ code, options: [...options], errors: [{ messageId: 'trap' }] })),
  });
}

check('no-atomic-fence', ['mfence();', 'atomic.store<u32>(at, 1);'], ['atomic.fence();']);

check(
  'no-function-decorators',
  ['function f(): void {}', '@unmanaged class A { @inline static f(): void {} }', 'export function f(): void {}'],
  [
    '@inline function f(): void {}',
    '@inline\nexport function f(): void {}',
    'f();\n// @ts-ignore\n@inline\nfunction g(): void {}',
  ],
);

check('no-exceptions', ['if (bad) panic("no memory");'], ['throw new Error("x");', 'try { f(); } finally { g(); }']);

check(
  'no-closures',
  [
    'const limit: u32 = 4; function f(): u32 { return limit; }',
    'sort(numbers, (a: u32, b: u32): i32 => a - b);',
    'function outer(n: u32): u32 { return apply((m: u32): u32 => m + 1, n); }',
    'class A { @inline static f(n: u32): u32 { const m = n; return m; } }',
    'function f<T>(x: T): T { return x; }',
  ],
  [
    'function outer(n: u32): u32 { return apply((m: u32): u32 => m + n); }',
    'function outer(): void { let total: u32 = 0; each(function (x: u32): void { total += x; }); }',
    'function outer(): u32 { const a: u32 = 1; function inner(): u32 { return a; } return inner(); }',
    'class A { f(n: u32): void { each((m: u32): u32 => n); } }',
  ],
);

check(
  'no-virtual-methods',
  [
    '@unmanaged class A extends B { f(): void {} static g(): void {} }',
    'class A implements I { override f(): void {} }',
  ],
  [
    '@unmanaged class A extends B { override f(): void {} }',
    '@unmanaged class A implements I { f(): void {} }',
    '@unmanaged abstract class A { f(): void {} }',
    '@unmanaged class A { abstract f(): void; }',
  ],
);

check(
  'no-string-data',
  ["print('hello');", 'const text: usize = memory.data<u8>([104, 105]);', 'changetype<usize>(text);'],
  ["changetype<usize>('hello');", "memory.copy(to, 'hello', 5);", "load<u8>('hello');"],
);

check(
  'no-managed-allocation',
  ['const table: usize = memory.data<u8>([1, 2]);', 'const n: u32 = a + 1;', "print('a');"],
  [
    'const a = new Array<u32>(4);',
    'const a: u32[] = [1, 2];',
    'const a: Point = { x: 1 };',
    "print('a' + name);",
    'print(`a ${name}`);',
  ],
);

const layouts = [{ layouts: ['@drift-os/abi/layout/worker-block'] }];
const imported = "import { WORKER_STATE_AT } from '@drift-os/abi/layout/worker-block';\n";
check(
  'no-plain-shared-access',
  [
    'load<u32>(own); store<u32>(own, 1);',
    `${imported}atomic.load<u32>(block + WORKER_STATE_AT);`,
    `${imported}atomic.store<u32>(block, 1, WORKER_STATE_AT); load<u32>(own);`,
    "import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';\nload<u32>(own + PAGE_BYTES);",
    '/** Private. */ class A { f(): u32 { return load<u32>(0); } }',
    '/** @shared */ class A { f(): u32 { return atomic.load<u32>(0); } }\nfunction g(): u32 { return load<u32>(4); }'.padStart(
      1,
    ),
    '/** Head. */\n/** @shared with the device */ function f(): u32 { return load32(0); }\nfunction g(): u32 { return load<u32>(4); }',
  ],
  [
    `${imported}load<u32>(block + WORKER_STATE_AT);`,
    `${imported}store<u32>(block, 1, WORKER_STATE_AT);`,
    '/** Device registers. @shared */\n\nexport function f(): u32 { return load<u32>(0); }',
    '/** Head. */\nconst n: u32 = 0;\n/** @shared */\n@unmanaged\nexport class A { f(): u32 { return load<u32>(0); } }',
    '/** Head. */\nconst n: u32 = 0;\n/** @shared */\nfunction f(): void { memory.fill(0, 0, 8); }',
    '/** Head. */\nclass A {\n/** @shared */\nf(): void { store<u8>(0, 1); } }',
  ],
  layouts,
);
