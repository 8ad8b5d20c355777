/**
 * The runtime functions that definitions may call, with their signatures: AssemblyScript in assembly/, compiled into src/generated/runtime.ts.
 *
 * They are pure, or act on fields of the core's state (first parameter) other than general-purpose and vector registers, which a compiled region
 * keeps in locals: those are given as arguments. They never fault; what may be refused is a status that the definition tests with raiseIf.
 */
import type { Signature } from '../wasm/module-builder.ts';
import type { ValueType } from '../wasm/operators.ts';
import { elementFunctions } from './runtime-elements.ts';
import { floatFunctions } from './runtime-float.ts';
import { integerFunctions } from './runtime-integer.ts';

/** Name to signature. A file for each group of functions beside this one, spread here. */
const functions: Readonly<Record<string, string>> = { ...integerFunctions, ...floatFunctions, ...elementFunctions };

export type RuntimeFunction = string;

/** `(i32, i64) -> i64` as a signature. */
function parse(text: string): Signature {
  const [parameters = '', result = ''] = text.split('->').map((part) => part.replaceAll(/[()\s]/g, ''));
  const types = (list: string): ValueType[] => list.split(',').filter((type) => type !== '') as ValueType[];
  return { parameters: types(parameters), results: types(result) };
}

const signatures: ReadonlyMap<string, Signature> = new Map(
  Object.entries(functions).map(([name, text]) => [name, parse(text)]),
);

export function signatureOf(name: RuntimeFunction): Signature {
  const signature = signatures.get(name);
  if (signature === undefined) throw new Error(`There is no runtime function ${name}`);
  return signature;
}
