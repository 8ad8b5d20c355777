/** Scalar floats on SSE2 and SSE4.1. */
import type { Value } from '../ir/graph.ts';
import { CompileError } from './options.ts';
import type { Selector } from './select.ts';

export function isFloatCompare(operation: number): boolean {
  return operation >= 0x5b && operation <= 0x66;
}

export function selectFloatCompare(_selector: Selector, _value: Value): number {
  throw new CompileError('COMPILE_UNSUPPORTED', 'float');
}

export function selectFloat(selector: Selector, _value: Value): void {
  throw new CompileError('COMPILE_UNSUPPORTED', `${selector.graph.name}: float`);
}
