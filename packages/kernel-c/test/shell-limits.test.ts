import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createShell, SHELL_MINIMUM_BYTES, type Shell } from '../src/shell.ts';
import { openShell, output, shellWasm, type } from './shell-module.ts';

const CTRL_C = '\x03';

/** Whether the shell still does what it is told, with its whole heap. */
function expectSound(shell: Shell): void {
  type(shell, `${CTRL_C}\r`);
  expect(type(shell, 'echo [expr 6 * 7]\r')).toContain('\r\n42\r\ndrift> ');
}

describe('memory', () => {
  it('says so when it is used up, and gives it back', async () => {
    const shell = await openShell({ memoryBytes: 0x20000 });
    output(shell, 'echo');
    const before = shell.heapUsed;
    expect(output(shell, 'set x 0123456789; while true {set x $x$x}; unset x')).toContain('error: out of memory');
    output(shell, 'unset x');
    expect(output(shell, 'set l {}; while true {append l abcdefghijklmnopqrstuvwxyz}')).toContain('out of memory');
    output(shell, 'unset l');
    expect(output(shell, 'echo [while true {echo abcdefghijklmnopqrstuvwxyz}]')).toContain('out of memory');
    expect(output(shell, 'proc p {n} {set v$n 1; p [expr $n + 1]}; p 1')).toContain('nested too deeply');
    output(shell, 'proc -remove p; unset n');
    expect(shell.heapUsed).toBe(before);
    expectSound(shell);
  });

  it('can be caught', async () => {
    const shell = await openShell({ memoryBytes: 0x20000 });
    const script = 'set x abc; try {while true {set x $x$x}} catch {unset x; echo "caught: $error"}';
    expect(output(shell, script)).toBe('caught: out of memory: this session has used up its heap\n');
  });

  it('is in the same state after every script, however it ended', async () => {
    const shell = await openShell();
    output(shell, 'set x 1; set i 1; set l 1; set error 1; proc f {n} {}');
    const scripts = [
      'for i 1 50 {set x [expr $i * 2]}; set x 1; set i 1',
      'proc f {n} {return [list a {b c} $n]}; foreach i [f 3] {echo $i}; proc f {n} {}; set i 1',
      'try {error [echo a b c]} catch {set error 1}',
      'echo [echo [echo [boom]]]',
      'foreach i {a {b} {c d}} {if {$i == b} {break}}; set i 1',
      'proc f {n} {f [f $n]}\rf 1\rproc f {n} {}',
      'expr {(1 + [expr 2 *}',
      'echo "abc [list $x "',
      '\r',
      'set l [range 1 2000]; append l [split a,b,c ,]; set l 1',
      'if {[string length abc] > 2 && "abc" < "abd"} {return [join {a b} +]}',
    ];
    const before = shell.heapUsed;
    for (const script of scripts) {
      type(shell, `${script}\r`);
      type(shell, CTRL_C);
      expect(shell.heapUsed, script).toBe(before);
    }
  });

  it('refuses a session that is too small, and works in the smallest', async () => {
    await expect(openShell({ memoryBytes: SHELL_MINIMUM_BYTES - 16 })).rejects.toMatchObject({ code: 'SHELL_MEMORY' });
    const shell = await openShell({ memoryBytes: SHELL_MINIMUM_BYTES });
    expectSound(shell);
  });
});

describe('depth', () => {
  it.each([
    ['procedures', 'proc r {} {r}; r'],
    ['substitutions', 'proc s {} {echo [s]}; s'],
    ['blocks', 'proc b {} {if 1 {b}}; b'],
    ['conditions', 'proc c {} {if {[c]} {}}; c'],
    ['try', 'proc t {} {try {t} catch {t}}; t'],
  ])('is bounded for %s', async (_name, script) => {
    const shell = await openShell();
    const before = type(shell, `${script}\r`, 20);
    if (shell.state !== 'idle') expect(type(shell, CTRL_C)).toContain('interrupted');
    else expect(before).toContain('nested too deeply');
    expectSound(shell);
  });

  it('is bounded for brackets and braces in one text', async () => {
    const shell = await openShell();
    const pairs = [
      ['[', ']'],
      ['{', '}'],
      ['(', ')'],
    ] as const;
    for (const [open, close] of pairs) {
      const text = type(shell, `expr ${open.repeat(500)}1${close.repeat(500)}\r`);
      if (open !== '(') expect(text).toContain('nested too deeply');
      expectSound(shell);
    }
  });

  it('bounds the number of words', async () => {
    const shell = await openShell();
    output(shell, 'set a {a a a a a a a a a a a a a a a a a a a a}');
    expect(output(shell, `eval echo [range 1 1100]`)).toContain('too many words');
    expectSound(shell);
  });
});

describe('interruption', () => {
  it.each([
    ['a loop', 'while true {}'],
    ['a loop that prints', 'while true {echo x}'],
    ['a loop that catches errors', 'while true {try {error a} catch {}}'],
    ['a substitution', 'echo [while true {}]'],
  ])('ends %s', async (_name, script) => {
    const shell = await openShell({ stepsPerFeed: 2000 });
    shell.feed(`${script}\r`);
    expect(shell.state).toBe('busy');
    expect(type(shell, CTRL_C)).toMatch(/interrupted\r\ndrift> $/);
    expect(shell.state).toBe('idle');
    expectSound(shell);
  });

  it('drops what was typed ahead, and keeps what comes after', async () => {
    const shell = await openShell({ stepsPerFeed: 2000 });
    shell.feed('while true {}\r');
    shell.feed('echo before\r');
    const text = type(shell, `${CTRL_C}echo after\r`);
    expect(text).not.toContain('before');
    expect(text).toContain('\nafter\r\n');
  });

  it('reaches a script that was typed together with it', async () => {
    const shell = await openShell();
    expect(type(shell, `while true {}\r${CTRL_C}`, 10)).toContain('interrupted');
  });
});

describe('host commands', () => {
  it('get their arguments, print, fail, and suspend the script', async () => {
    let finish = (): void => {};
    const shell = await openShell({
      heading: 'Machine',
      commands: [
        { name: 'join2', usage: 'A B', summary: 'Joins.', run: ({ args, print }) => print(`${args.join('+')}\n`) },
        {
          name: 'bad',
          summary: 'Fails.',
          run: () => {
            throw new Error('no such device');
          },
        },
        {
          name: 'later',
          summary: 'Waits.',
          run: async ({ print }) => {
            print('begun ');
            await new Promise<void>((resolve) => {
              finish = resolve;
            });
            print('done\n');
          },
        },
      ],
    });
    expect(output(shell, 'echo <[join2 a {b ö}]>')).toBe('<a+b ö>\n');
    expect(output(shell, 'join2 a')).toContain('usage: join2 A B');
    expect(output(shell, 'bad')).toContain('error: bad: no such device');
    expect(output(shell, 'help')).toContain('\nMachine\n  join2       Joins\n');
    const first = type(shell, 'later; echo next\r');
    expect(shell.state).toBe('waiting');
    expect(first.endsWith('\r\nbegun ')).toBe(true);
    finish();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(new TextDecoder().decode(shell.run())).toBe('done\r\nnext\r\ndrift> ');
    shell.feed('later\r');
    expect(type(shell, CTRL_C)).toContain('interrupted');
    expectSound(shell);
  });

  it('are limited by the room for their texts', async () => {
    const commands = [{ name: 'x', summary: 'x'.repeat(20_000), run: () => {} }];
    await expect(createShell({ wasm: shellWasm, commands })).rejects.toMatchObject({ code: 'SHELL_COMMANDS' });
  });
});

describe('whatever is typed', () => {
  const pieces = [
    ...['{', '}', '[', ']', '"', "'", '\\', '$', ';', '#', '\r', '\n', ' ', '\t', '(', ')', '0x', '1', '-', '<', '*'],
    ...['echo ', 'set x ', '$x', 'if ', 'else ', 'while ', 'repeat 3 ', 'proc f {a} ', 'f ', 'expr ', 'try ', 'catch '],
    ...['list ', 'item ', 'foreach x ', 'return ', 'break', 'string slice ', 'eval ', 'help\r', '\x1b[A', '\x1b[D'],
    ...['\x12', '\x01', '\x05', '\x0b', '\x15', '\x17', '\x03', '\x7f', '\x1b[3~', '\x1b', '\x10', 'ü', '\x00'],
  ];
  const key = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...pieces) },
    fc.string({ unit: 'binary', maxLength: 3 }),
  );

  it('never traps, never hangs, and the shell is sound afterwards', async () => {
    const wasm = shellWasm;
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 80 }), async (typed) => {
        const shell = await createShell({ wasm, memoryBytes: SHELL_MINIMUM_BYTES, stepsPerFeed: 500 });
        for (const text of typed) shell.feed(text);
        shell.feed(CTRL_C);
        expectSound(shell);
      }),
      { numRuns: 400 },
    );
  });

  it('never traps on bytes that are no text', async () => {
    const wasm = shellWasm;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const shell = await createShell({ wasm, memoryBytes: SHELL_MINIMUM_BYTES, stepsPerFeed: 500 });
        shell.feed(bytes);
        shell.feed(CTRL_C);
        expectSound(shell);
      }),
      { numRuns: 200 },
    );
  });
});
