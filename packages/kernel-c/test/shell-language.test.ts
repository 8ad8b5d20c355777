import { beforeAll, describe, expect, it } from 'vitest';
import type { Shell } from '../src/shell.ts';
import { openShell, output, type } from './shell-module.ts';

let shell: Shell;
beforeAll(async () => {
  shell = await openShell();
});

/** Script and what it prints, one pair a line; `|` stands for a newline. */
function prints(cases: readonly (readonly [script: string, printed: string])[]): void {
  it.each(cases)('%s', (script, printed) => {
    expect(output(shell, script)).toBe(printed === '' ? '' : `${printed.replaceAll('|', '\n')}\n`);
  });
}

describe('words', () => {
  prints([
    ['echo a b', 'a b'],
    ['echo  a\tb  ', 'a b'],
    ['echo "a  b"', 'a  b'],
    ["echo 'a $b [c] \\n'", 'a $b [c] \\n'],
    ['echo {a $b [c]}', 'a $b [c]'],
    ['set x 5; echo $x ${x}y $x.z a$x', '5 5y 5.z a5'],
    ['echo "$x [echo in] \\$x"', '5 in $x'],
    ['echo a[echo b]c[echo d]', 'abcd'],
    ['echo [echo [echo [echo deep]]]', 'deep'],
    ['echo "\\x41\\t\\\\" \\; \\# \\[', 'A\t\\ ; # ['],
    ['echo a # a comment', 'a'],
    ['echo a#b "#c" \\#d', 'a#b #c #d'],
    ['echo a; # a comment', 'a'],
    ['# nothing', ''],
    ['', ''],
    ['; ; echo a;', 'a'],
    ['echo $', '$'],
    ['set e ""; echo <$e>', '<>'],
    ['set s "a b"; length [list $s c]', '2'],
    ['echo größe €', 'größe €'],
    ["echo { '}' }", " '}' "],
    ['echo {a {b} c}', 'a {b} c'],
    ['echo -n a; echo b', 'ab'],
  ]);
  it('prints an empty line for an empty word', () => {
    expect(output(shell, 'echo ""')).toBe('\n');
    expect(output(shell, 'echo [echo]')).toBe('\n');
  });
  it('looks for the end of a block beyond comments', () => {
    expect(type(shell, 'if 1 {echo a # }\recho b}\r')).toContain('\na\r\nb\r\n');
  });
  it('goes on behind a backslash at the end of a line', () => {
    expect(type(shell, 'echo a \\\r b\r')).toContain('\na b\r\n');
  });
});

describe('expressions', () => {
  prints([
    ['expr 1 + 2 * 3', '7'],
    ['expr (1 + 2) * 3', '9'],
    ['expr {7 / 2 - -7 / 2}', '6'],
    ['expr {-7 % 3}', '-1'],
    ['expr 0x10 + 0xff', '271'],
    ['expr 1_000 * 2', '2000'],
    ['expr {1 << 62}', '4611686018427387904'],
    ['expr {-1 >> 60}', '15'],
    ['expr {~5 & 0xf | 1 ^ 3}', '10'],
    ['expr {!0 + !7}', '1'],
    ['expr {9223372036854775807 + 1}', '-9223372036854775808'],
    ['expr {0xffffffffffffffff}', '-1'],
    ['expr {0x8000000000000000 / -1}', '-9223372036854775808'],
    ['expr {0x8000000000000000 % -1}', '0'],
    ['expr {1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2 && 1 != 2}', '1'],
    ['expr {1 || $nothing}', '1'],
    ['expr {0 && [boom]}', '0'],
    ['expr {0 && (1 || $nothing) || 1}', '1'],
    ['set v abc; expr {$v == abc}', '1'],
    ["expr {$v == 'abd'}", '0'],
    ['expr {$v < "abd"}', '1'],
    ['expr {"5" == 0x5}', '1'],
    ['expr {[expr 2 + 3] * [expr 2]}', '10'],
    ['expr {true}', 'true'],
    ['set n 2; expr {$n*3+1}', '7'],
  ]);
});

describe('control', () => {
  prints([
    ['if {1 < 2} {echo yes}', 'yes'],
    ['if {1 > 2} {echo yes}', ''],
    ['if 0 {echo a} else {echo b}', 'b'],
    ['for i 1 4 {if {$i == 1} {echo one} else if {$i == 2} {echo two} else {echo more}}', 'one|two|more|more'],
    ['set i 0; while {$i < 3} {echo $i; set i [expr $i + 1]}', '0|1|2'],
    ['for i 5 3 {echo never}', ''],
    ['for i 9223372036854775806 9223372036854775807 {echo $i}', '9223372036854775806|9223372036854775807'],
    ['foreach x {a {b c} d} {echo <$x>}', '<a>|<b c>|<d>'],
    ['foreach x {} {echo never}', ''],
    ['repeat 2 {echo again}', 'again|again'],
    ['for i 1 9 {if {$i == 3} {break}; echo $i}', '1|2'],
    ['for i 1 4 {if {$i == 2} {continue}; echo $i}', '1|3|4'],
    ['repeat 2 {for i 1 9 {break}; echo outer}', 'outer|outer'],
    ['set n 0; while true {set n [expr $n + 1]; if {$n == 5} {break}}; echo $n', '5'],
    ['try {error oops} catch {echo "got: $error"}', 'got: oops'],
    ['try {echo [error inside]} catch {echo $error}', 'inside'],
    ['try {nosuch} ; echo on', 'on'],
    ['try {try {error a} catch {error b}} catch {echo $error}', 'b'],
    ['for i 1 2 {try {break} catch {echo no}}; echo $i', '1'],
    ['try {echo fine} catch {echo never}', 'fine'],
    ["eval 'echo' '[expr 1 + 1]'", '2'],
    ['return; echo never', ''],
  ]);
});

describe('procedures', () => {
  prints([
    ['proc double {n} {return [expr $n * 2]}; double 21; echo [double 4]', '42|8'],
    ['proc f {a {b 2} args} {echo $a $b [length $args] $args}; f 1; f 1 3 x {y z}', '1 2 0 |1 3 2 x {y z}'],
    ['proc fac {n} {if {$n < 2} {return 1}; return [expr {$n * [fac [expr $n - 1]]}]}; fac 10', '3628800'],
    ['set g 1; proc h {} {set g 2; echo $g}; h; echo $g', '2|1'],
    ['proc k {} {global g; set g 7}; k; echo $g', '7'],
    ['proc r {} {echo $g}; r', '7'],
    ['proc out {} {for i 1 9 {if {$i == 3} {return $i}}}; echo <[out]>', '<3>'],
    ['proc many {} {echo a; echo b}; echo [many]', 'a|b'],
    ['proc deep {n} {if {$n > 0} {deep [expr $n - 1]} else {echo bottom}}; deep 30', 'bottom'],
    ['proc self {} {proc self {} {echo new}; echo old}; self; self', 'old|new'],
    [
      'proc gone {} {}; proc -remove gone; try {gone} catch {echo $error}',
      "'gone' is not a command; help lists them all",
    ],
    ['proc double', 'proc double {n} {return [expr $n * 2]}'],
  ]);
});

describe('lists and texts', () => {
  prints([
    ['list a "b c" {d {e f}} ""', 'a {b c} {d {e f}} {}'],
    ['list "a}b" "c\\\\d" "e{ f"', 'a\\}b c\\\\d e\\{\\ f'],
    ['item [list "a}b" "e{ f"] 1', 'e{ f'],
    ['length {a {b c} d}', '3'],
    ['item {a {b c} d} -1', 'd'],
    ['set l {}; append l a; append l {b c}; echo $l; length $l', 'a {b c}|2'],
    ['range 1 5', '1 2 3 4 5'],
    ['range 10 0 -5', '10 5 0'],
    ['range 9223372036854775806 9223372036854775807', '9223372036854775806 9223372036854775807'],
    ['split a,b,,c ,', 'a b {} c'],
    ['join {a b {c d}} ", "', 'a, b, c d'],
    ['string length größe', '5'],
    ['string upper abc1', 'ABC1'],
    ['string lower ABC', 'abc'],
    ['string trim "  a b "', 'a b'],
    ['string find hello llo', '2'],
    ['string find hello x', '-1'],
    ['string slice hello 1 3', 'ell'],
    ['string slice hello 1', 'ello'],
    ['hex 255', '0xff'],
    ['hex -1', '0xffffffffffffffff'],
    ['hex 10 4', '0x000a'],
  ]);
  it('takes a list apart again as it was put together', () => {
    const words = ['', ' ', '{', '}', '}{', '\\', 'a\\', 'a b', '{a b}', '"', 'ü', '$x', '[boom]', '#', ';', 'a\tb'];
    const quoted = words.map((word) => `'${word}'`).join(' ');
    output(shell, `set all [list ${quoted}]`);
    for (const [index, word] of words.entries()) expect(output(shell, `item $all ${index}`)).toBe(`${word}\n`);
  });
});

describe('help', () => {
  it('explains every command that it lists, with an example', () => {
    const names = [...output(shell, 'help').matchAll(/^ {2}(\w+) /gm)].map((match) => match[1]);
    expect(names.length).toBeGreaterThan(25);
    for (const name of names) {
      const text = output(shell, `help ${name}`);
      expect(text).toContain(`usage:   ${name}`);
      expect(text).toMatch(/^example: .+$/m);
    }
  });
  it('keeps to the width of the terminal', () => {
    for (const line of output(shell, 'help').split('\n').slice(0, -3)) expect(line.length).toBeLessThan(80);
    for (const line of output(shell, 'help string').split('\n')) expect(line.length).toBeLessThan(80);
  });
});
