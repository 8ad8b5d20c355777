/** What asc demands of a runtime (`--runtime`): its functions by name, over the heap of the instance. There is no garbage collector. */
import { LOG_ERROR, STATUS_ABORTED } from '@drift-os/abi/layout/messages';
import { allocate, release, resize } from './allocation';
import { abandon } from './kernel-w';
import { line } from './log';

/** Bytes of what asc keeps in front of an object: collector's words (not used), class, size. Its `rt/common.ts` has the diagram. */
const OBJECT_OVERHEAD: usize = 16;

export function __alloc(size: usize): usize {
  return allocate(size);
}

export function __realloc(address: usize, size: usize): usize {
  return resize(address, size);
}

export function __free(address: usize): void {
  release(address);
}

export function __new(size: usize, id: u32): usize {
  const block = allocate(OBJECT_OVERHEAD + size);
  memory.fill(block, 0, OBJECT_OVERHEAD + size);
  store<u32>(block, id, 8);
  store<u32>(block, <u32>size, 12);
  return block + OBJECT_OVERHEAD;
}

export function __renew(object: usize, size: usize): usize {
  const before: usize = load<u32>(object - 4);
  const block = resize(object - OBJECT_OVERHEAD, OBJECT_OVERHEAD + size);
  if (size > before) memory.fill(block + OBJECT_OVERHEAD + before, 0, size - before);
  store<u32>(block, <u32>size, 12);
  return block + OBJECT_OVERHEAD;
}

export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

export function __pin(object: usize): usize {
  return object;
}

export function __unpin(object: usize): void {}

export function __visit(object: usize, cookie: u32): void {}

export function __collect(): void {}

/** What `throw` and failed assertions compile to: there are no exceptions, so this instance ends here, and says where. */
export function abort(message: string | null, file: string | null, lineNumber: u32, column: u32): void {
  const text = line();
  if (message !== null) text.text(message);
  text.text(' (');
  if (file !== null) text.text(file);
  text.text(':').number(lineNumber).text(':').number(column).text(')').log(LOG_ERROR);
  abandon(STATUS_ABORTED);
}
