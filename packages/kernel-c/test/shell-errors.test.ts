/** What a person is told when something is wrong: the word, the place, the way there. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Shell } from '../src/shell.ts';
import { openShell, output, type } from './shell-module.ts';

let shell: Shell;
beforeAll(async () => {
  shell = await openShell();
});

describe('errors', () => {
  it.each([
    ['nosuch a b', "'nosuch' is not a command; help lists them all", 'nosuch a b', 0],
    ['set x 1; nosuch', "'nosuch' is not a command; help lists them all", 'set x 1; nosuch', 9],
    ['echo $nothing', "'nothing' is not a variable", 'echo $nothing', 5],
    ['echo "a ${no thing}"', "'no thing' is not a variable", 'echo "a ${no thing}"', 8],
    ['echo [echo [nosuch]]', "'nosuch' is not a command; help lists them all", 'echo [echo [nosuch]]', 12],
    ['echo {a}b', 'a blank is missing here, after the closing quote or brace', 'echo {a}b', 8],
    ['echo }', "this } closes nothing (write '}' for the character)", 'echo }', 5],
    ['echo \\xg1', '\\x takes two hexadecimal digits', 'echo \\xg1', 5],
    ['expr 1 / 0', 'division by zero', '1 / 0', 2],
    ['expr 7 % (2 - 2)', 'division by zero', '7 % (2 - 2)', 2],
    ['expr {1 << 64}', 'a shift goes by 0 to 63 bits', '1 << 64', 2],
    ['expr {1 + }', 'a number or a value is missing here', '1 + ', 4],
    ['expr {(1 + 2}', 'this ( is not closed', '(1 + 2', 0],
    ['expr {1 + 2)}', 'this ) closes nothing', '1 + 2)', 5],
    ['expr {1 2}', "'2' stands where an operator belongs", '1 2', 2],
    ['expr {* 2}', "'*' stands where a number or a value belongs", '* 2', 0],
    ['expr {12ab}', "'12ab' is not a number", '12ab', 0],
    ['expr {0x10000000000000000}', "'0x10000000000000000' is not a number", '0x10000000000000000', 0],
    ['expr {abc + 1}', "'abc' is not a number", 'abc + 1', 0],
    ['expr {abc && 1}', "'abc' is neither a number nor true nor false", 'abc && 1', 0],
    ['break', 'break: there is no loop around this', 'break', 0],
    ['if {maybe} {}', "if: 'maybe' is neither a number nor true nor false", 'if {maybe} {}', 3],
    ['if 0 {} otherwise {}', "if: 'otherwise' stands where else belongs", 'if 0 {} otherwise {}', 8],
    ['item {a b} 5', "item: '5' is beyond the end of the list", 'item {a b} 5', 11],
    ['item {a b} x', "item: 'x' is not a number", 'item {a b} x', 11],
    ['set a-b 1', "set: 'a-b' cannot be a name: letters, digits and _ can", 'set a-b 1', 4],
    ['proc echo {} {}', "proc: 'echo' is a command: take another name", 'proc echo {} {}', 5],
    ['proc f {{a b c}} {}', 'proc: a parameter is a name, or a pair {name value}', 'proc f {{a b c}} {}', 0],
    ['length "a {b"', 'length: this is not a list: a { in it is not closed', 'length "a {b"', 0],
    ['range 0 100000', 'range: more than 10000 elements', 'range 0 100000', 0],
    ['range 1 5 0', "range: '0' gets nowhere", 'range 1 5 0', 10],
    ['error "it is broken"', 'it is broken', 'error "it is broken"', 0],
  ])('%s', (script, message, line, column) => {
    expect(output(shell, script)).toBe(`error: ${message}\n  ${line}\n  ${' '.repeat(column)}^\n`);
  });

  it('show how a command is used when the arguments are too few or too many', () => {
    expect(output(shell, 'repeat 3')).toBe(
      'error: repeat: more arguments are needed\n  repeat 3\n  ^\nusage: repeat COUNT BLOCK\n',
    );
    expect(output(shell, 'unset')).toContain('usage: unset VARIABLE [VARIABLE ...]');
    expect(output(shell, 'clear 1')).toContain("'1' is one argument too many");
  });

  it('name the line of a longer script, and the procedures around it', () => {
    type(shell, 'proc inner {x} {\r  echo fine\r  peak $x\r}\r');
    type(shell, 'proc outer {} {inner 1}\r');
    expect(output(shell, 'repeat 2 {outer}')).toBe(
      "fine\nerror: 'peak' is not a command; help lists them all\n  3:   peak $x\n       ^\n" +
        '  in procedure inner\n  in procedure outer\n',
    );
    expect(output(shell, 'inner')).toContain("'x' is a parameter that needs an argument");
    expect(output(shell, 'inner 1 2')).toContain("'2' is one argument too many");
  });

  it('begin on a line of their own, and print nothing else of the command', () => {
    expect(output(shell, 'echo -n abc; nosuch')).toMatch(/^abc\nerror: /);
    expect(output(shell, 'set captured [echo one; nosuch]; echo after')).not.toMatch(/^(one|after)$/m);
  });

  it('keep within the screen, with the place in sight', () => {
    const report = output(shell, `echo ${'a'.repeat(300)} $nothing ${'b'.repeat(300)}`).split('\n');
    expect(report[1]?.length).toBeLessThan(80);
    expect(report[1]?.slice(report[2]?.indexOf('^')).startsWith('$nothing')).toBe(true);
    expect(output(shell, 'x'.repeat(300))).toContain(`'${'x'.repeat(37)}...' is not a command`);
  });

  it('do not show control characters', () => {
    expect(output(shell, '"a\\e\\[2J\\n"')).toContain("'a?[2J?' is not a command");
  });
});
