/** Vectors on SSE4.1. */
import type { Value } from '../ir/graph.ts';
import { CompileError } from './options.ts';
import type { Selector } from './select.ts';

export function selectVector(selector: Selector, _value: Value): void {
  throw new CompileError('COMPILE_UNSUPPORTED', `${selector.graph.name}: vector`);
}
