/** Call frame information: gdb finds the caller at every single instruction, prologues and epilogues included. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeElfObject } from '../../src/index.ts';
import { missing } from '../host-programs.ts';
import { compileText, pressureModule } from './samples.ts';

const skipped = process.platform !== 'linux' || process.arch !== 'x64' || missing('gcc', 'gdb');
const STEPS = 400;

it.skipIf(skipped).each(['constant', 'register'] as const)(
  'backtraces are whole at every step, base: %s',
  (kind) => {
    const folder = mkdtempSync(join(tmpdir(), 'drift-unwind-'));
    try {
      const object = compileText(pressureModule(17, 'i64'), {
        memoryBase: kind === 'constant' ? { kind, address: 0x40000000 } : { kind },
      });
      writeFileSync(join(folder, 'm.o'), writeElfObject(object, { compilationDirectory: folder }));
      const record = kind === 'register' ? 'extern void *m$memory[2]; m$memory[0] = window;' : '';
      writeFileSync(
        join(folder, 'main.c'),
        `#include <sys/mman.h>
        int run(int n) __asm__("m.run");
        int main(void) {
          void *window = mmap((void *)0x40000000, 65536, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
          ${record}
          for (int i = 0; i < 100; i++) run(1);
          return 0;
        }`,
      );
      execFileSync('gcc', ['-g', '-no-pie', '-o', join(folder, 'main'), join(folder, 'main.c'), join(folder, 'm.o')]);
      const script = [
        'set pagination off',
        'set debuginfod enabled off',
        `break *'m.run'`,
        'run',
        'set $i = 0',
        `while $i < ${STEPS}`,
        'stepi',
        'printf "== %d\\n", $i',
        'bt',
        'set $i = $i + 1',
        'end',
      ];
      writeFileSync(join(folder, 'script'), script.join('\n'));
      const output = execFileSync('gdb', ['-q', '-batch', '-x', join(folder, 'script'), join(folder, 'main')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 26,
      });
      const traces = output.split(/^== \d+$/m).slice(1);
      expect(traces.length).toBe(STEPS);
      expect(traces.filter((trace) => !/^#\d+ .*main \(\)/m.test(trace))).toEqual([]);
      // Both functions of the module have been seen, and the return to main.
      expect(output).toMatch(/ in (m\.)?run/);
      expect(output).toMatch(/ in function 0 /);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  60_000,
);
