/**
 * Loads and stores in the order that x86 promises (SDM 3A 9.2.2), on hosts that reorder more than x86 does: aligned ones are atomic, others have a fence
 * behind a load, and before a store. That is stronger than x86 asks for, which WebAssembly has no operations to say.
 */
import type { FunctionBody } from '../wasm/function-body.ts';
import type { Statement } from './language.ts';

type Load = Statement & { kind: 'load' };
type Store = Statement & { kind: 'store' };

/** Pushes what is loaded. */
export function loadOrdered(body: FunctionBody, { bits, offset, widened }: Load, pushHost: () => void): void {
  if (widened || bits === 128) {
    pushHost();
    if (widened) body.loadWidened(bits === 64 ? 64 : 32, offset);
    else body.load(128, offset);
    body.fence();
    return;
  }
  const value = body.temporary('i64');
  pushAligned(body, bits, offset, pushHost);
  body.if();
  pushHost();
  body.atomicLoad(bits, offset);
  body.set(value);
  body.else();
  pushHost();
  body.load(bits, offset);
  body.set(value);
  body.fence();
  body.end();
  body.get(value);
}

export function storeOrdered(
  body: FunctionBody,
  { bits, offset }: Store,
  pushHost: () => void,
  pushValue: () => void,
): void {
  if (bits === 128) {
    body.fence();
    pushHost();
    pushValue();
    body.store(128, offset);
    return;
  }
  pushAligned(body, bits, offset, pushHost);
  body.if();
  pushHost();
  pushValue();
  body.atomicStore(bits, offset);
  body.else();
  body.fence();
  pushHost();
  pushValue();
  body.store(bits, offset);
  body.end();
}

/** Pushes whether the address is one that atomic operations take. */
function pushAligned(body: FunctionBody, bits: 8 | 16 | 32 | 64, offset: number, pushHost: () => void): void {
  pushHost();
  body.i32(offset);
  body.operator('i32.add');
  body.i32(bits / 8 - 1);
  body.operator('i32.and');
  body.operator('i32.eqz');
}
