/** Modules that several tests compile. */
import { compileWasm, type CompileWasmOptions, type ObjectModule } from '../../src/index.ts';
import { assembleText } from './wat.ts';

export const kernelOptions: CompileWasmOptions = {
  name: 'm',
  memoryBase: { kind: 'zero' },
  bounds: 'none',
  vectors: 'none',
  globals: { kind: 'absolute' },
  intrinsics: true,
};

export function compileText(text: string, options: Partial<CompileWasmOptions> = {}): ObjectModule {
  return compileWasm(assembleText(text), { ...kernelOptions, ...options });
}

/** A function with more live values than registers, in and around a loop with a call in it. */
export function pressureModule(values: number, type: 'i32' | 'i64' | 'f64' | 'v128'): string {
  const load = (i: number): string =>
    type === 'v128' ? `(v128.load (i32.const ${1024 + 16 * i}))` : `(${type}.load (i32.const ${1024 + 16 * i}))`;
  const add = type === 'v128' ? 'i32x4.add' : `${type}.add`;
  const locals = Array.from({ length: values }, (_, i) => `(local $v${i} ${type})`).join(' ');
  const sets = Array.from({ length: values }, (_, i) => `(local.set $v${i} ${load(i)})`).join('\n');
  const round = Array.from(
    { length: values },
    (_, i) => `(local.set $v${i} (${add} (local.get $v${i}) (local.get $v${(i * 7 + 3) % values})))`,
  ).join('\n');
  const stores = Array.from(
    { length: values },
    (_, i) => `(${type}.store (i32.const ${4096 + 16 * i}) (local.get $v${i}))`,
  ).join('\n');
  return `(module (memory (export "m") 1)
    (func $touch (param i32) (result i32) (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get 0))) (i32.load (i32.const 8)))
    (func (export "fill") (local $i i32) (loop $l
      (i32.store (i32.add (i32.const 1024) (local.get $i)) (i32.add (i32.mul (local.get $i) (i32.const 0x9e3779b1)) (i32.const 12345)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 2048)))))
    (func (export "run") (param $n i32) (result i32) ${locals} (local $s i32)
      ${sets}
      (loop $l ${round}
        (if (i32.and (local.get $n) (i32.const 1)) (then (local.set $s (call $touch (local.get $n)))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      ${stores} (local.get $s)))`;
}

/** Loops, branches, calls and tables in small. */
export const mixedModule = `(module (memory (export "m") 1) (table 4 funcref) (global $g (mut i32) (i32.const 7))
  (type $unary (func (param i32) (result i32)))
  (elem (i32.const 1) $inc $twice)
  (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $twice (type $unary) (i32.shl (local.get 0) (i32.const 1)))
  (func (export "sum") (param $p i32) (param $n i32) (result i32) (local $s i32)
    (if (local.get $n) (then (loop $l
      (local.set $s (i32.add (local.get $s) (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
    (global.set $g (i32.add (global.get $g) (local.get $s))) (local.get $s))
  (func (export "choose") (param i32 i32) (result i32)
    (block $d (block $c (block $b (block $a (br_table $a $b $c $a $d (local.get 0)))
      (return (i32.const 10))) (return (call_indirect (type $unary) (local.get 1) (local.get 1))))
      (return (i32.rem_s (local.get 1) (local.get 0))))
    (select (local.get 1) (i32.div_u (local.get 1) (i32.const 7)) (i32.lt_s (local.get 1) (global.get $g))))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0)) (else
      (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2))))))))`;
