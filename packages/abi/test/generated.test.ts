/** What `pnpm generate` wrote: the intrinsics as guest code imports them, and the header as a C compiler sees it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileAssemblyScript } from '@drift-os/asc';
import { describe, expect, test } from 'vitest';
import * as context from '../layout/application-context.ts';
import * as worker from '../layout/worker-block.ts';
import { application } from '../src/application.ts';
import { control } from '../src/control.ts';
import { generateCpu } from '../src/generate/assembly-cpu.ts';
import { intrinsics } from '../src/intrinsics.ts';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));

test('cpu.ts is that of the table', () => {
  const text = readFileSync(join(packageFolder, 'assembly/generated/cpu.ts'), 'utf8');
  expect(text).toBe(generateCpu(intrinsics));
});

test('every intrinsic arrives in WebAssembly as cpu.<name> with the widths of the table', async () => {
  const folder = mkdtempSync(join(packageFolder, 'test/intrinsics-'));
  try {
    const calls = Object.entries(intrinsics).map(([name, { parameters, result }]) => {
      const call = `cpu.${name}(${parameters.map(([, type]) => `<${type}>n`).join(', ')})`;
      return result === 'void' ? call : `sum += <u64>${call}`;
    });
    const entry = join(folder, 'every.ts');
    writeFileSync(
      entry,
      `import * as cpu from '../../assembly/generated/cpu';\nexport function all(n: u64): u64 { let sum: u64 = 0; ${calls.join('; ')}; return sum; }`,
    );
    const { wasm } = await compileAssemblyScript({ entry, baseDir: packageFolder, features: ['threads'] });
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
    const cpu = imports.filter(({ module }) => module === 'cpu').map(({ name }) => name);
    expect(cpu.sort()).toEqual(Object.keys(intrinsics).sort());

    // A 64-bit value reaches a u64 parameter whole, and a narrow one as an i32: JavaScript sees bigint and number.
    const seen = new Map<string, readonly (number | bigint)[]>();
    const fakes = Object.fromEntries(
      Object.entries(intrinsics).map(([name, { result }]) => [
        name,
        (...values: (number | bigint)[]) => {
          seen.set(name, values);
          return result === 'u64' ? 1n : 1;
        },
      ]),
    );
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const { instance } = await WebAssembly.instantiate(wasm as Uint8Array<ArrayBuffer>, {
      cpu: fakes,
      env: { memory },
    });
    (instance.exports['all'] as (n: bigint) => bigint)(0x1_0000_0007n);
    for (const [name, { parameters }] of Object.entries(intrinsics)) {
      const expected = parameters.map(([, type]) => (type === 'u64' ? 0x1_0000_0007n : 7));
      expect([name, ...(seen.get(name) ?? ['not called'])]).toEqual([name, ...expected]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const missing = spawnSync('gcc', ['--version']).status !== 0;
if (missing) console.log('skipped: drift.h under a C compiler (install gcc: apt-get install gcc)');
const missingCpp = spawnSync('g++', ['--version']).status !== 0;
if (missingCpp) console.log('skipped: drift.h under a C++ compiler (install g++: apt-get install g++)');

describe.skipIf(missing)('drift.h', () => {
  const header = join(packageFolder, 'include/generated/drift.h');
  const checks = [
    `_Static_assert(DRIFT_CONTROL_HASH == UINT64_C(0x${control.hash.toString(16)}), "control");`,
    `_Static_assert(DRIFT_APPLICATION_HASH == UINT64_C(0x${application.hash.toString(16)}), "application");`,
    `_Static_assert(DRIFT_APPLICATION_GLOBALS == ${context.APPLICATION_GLOBALS}, "context");`,
    `_Static_assert(DRIFT_WORKER_DOORBELL_AT == ${worker.WORKER_DOORBELL_AT}, "worker block");`,
    ...[control, application].flatMap(({ name, list }) =>
      list.flatMap((message) => {
        const snake = message.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
        const struct = `struct ${name.replace('.', '_')}_${snake}`;
        return message.fields.map(
          (field) =>
            `_Static_assert(offsetof(${struct}, ${field.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}) == ${field.offset}, "${struct}");`,
        );
      }),
    ),
  ];

  function compile(compiler: 'gcc' | 'g++', standard: string, body: string): void {
    const folder = mkdtempSync(join(tmpdir(), 'drift-header-'));
    try {
      const source = join(folder, compiler === 'gcc' ? 'check.c' : 'check.cc');
      writeFileSync(source, `#include "${header}"\n${body}\n`);
      execFileSync(compiler, [`-std=${standard}`, '-Wall', '-Wextra', '-Werror', '-fsyntax-only', source], {
        stdio: 'pipe',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('compiles as C11, with the hashes and offsets that TypeScript has', () => {
    expect(checks.length).toBeGreaterThan(100);
    compile('gcc', 'c11', checks.join('\n'));
  });

  test.skipIf(missingCpp)('compiles as C++11', () => {
    compile('g++', 'c++11', 'int main() { return DRIFT_APPLICATION_MAGIC == 0; }');
  });

  test('a wrong offset would be seen', () => {
    expect(() => compile('gcc', 'c11', '_Static_assert(DRIFT_WORKER_DOORBELL_AT == 1, "wrong");')).toThrow();
  });
});
