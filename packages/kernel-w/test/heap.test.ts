/** The heap against a model: blocks never overlap, keep their content, and everything comes back. */
import { fileURLToPath } from 'node:url';
import { compileAssemblyScript } from '@drift-os/asc';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHeap, type Heap } from '../src/heap.ts';

const STATE = 1024;
const FIRST = 0x10000;
let module: WebAssembly.Module;

beforeAll(async () => {
  const entry = fileURLToPath(new URL('../assembly/hosted/heap.ts', import.meta.url));
  const { wasm } = await compileAssemblyScript({ entry });
  module = await WebAssembly.compile(wasm as Uint8Array<ArrayBuffer>);
}, 120_000);

async function fresh(): Promise<{ heap: Heap; bytes: Uint8Array }> {
  const memory = new WebAssembly.Memory({ initial: 32 });
  return { heap: await createHeap({ memory, state: STATE, module }), bytes: new Uint8Array(memory.buffer) };
}

/** What a program may do to a heap; `which` picks one of the blocks it has. */
type Step =
  | { kind: 'allocate'; bytes: number }
  | { kind: 'release'; which: number }
  | { kind: 'resize'; which: number; bytes: number }
  | { kind: 'add'; pages: number; gap: boolean };

const size = fc.oneof(fc.nat(64), fc.nat(3000), fc.nat(40_000));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('allocate'), bytes: size }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release'), which: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('resize'), which: fc.nat(1000), bytes: size }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('add'), pages: fc.integer({ min: 1, max: 8 }), gap: fc.boolean() }),
  },
);

interface Block {
  address: number;
  bytes: number;
  fill: number;
}

/** Runs the steps on the heap and on a plain list, and compares after each. */
function play(heap: Heap, memory: Uint8Array, steps: readonly Step[]): { blocks: Block[]; end: number } {
  const blocks: Block[] = [];
  let end = FIRST;
  let fill = 0;
  const keep = (address: number, bytes: number) => {
    expect(address % 16).toBe(0);
    expect(address >= FIRST && address + bytes <= end).toBe(true);
    for (const other of blocks) {
      expect(address + bytes <= other.address || other.address + other.bytes <= address).toBe(true);
    }
    fill = (fill + 1) & 255;
    memory.fill(fill, address, address + bytes);
    blocks.push({ address, bytes, fill });
  };
  const intact = ({ address, bytes, fill: value }: Block, upTo = bytes) =>
    memory.subarray(address, address + Math.min(bytes, upTo)).every((byte) => byte === value);
  for (const action of steps) {
    if (action.kind === 'add') {
      if (action.gap) end += 4096;
      if (end + action.pages * 4096 > memory.length) continue;
      const at = end;
      end += action.pages * 4096;
      expect(heap.add(at, action.pages * 4096)).toBe(true);
    } else if (action.kind === 'allocate') {
      const address = heap.allocate(action.bytes);
      if (address !== 0) keep(address, action.bytes);
    } else if (blocks.length > 0) {
      const [block] = blocks.splice(action.which % blocks.length, 1) as [Block];
      expect(intact(block)).toBe(true);
      if (action.kind === 'release') {
        expect(heap.release(block.address)).toBe(true);
        expect(heap.release(block.address)).toBe(false);
      } else {
        const moved = heap.resize(block.address, action.bytes);
        if (moved === 0) blocks.push(block);
        else {
          expect(intact({ ...block, address: moved }, action.bytes)).toBe(true);
          keep(moved, action.bytes);
        }
      }
    }
    expect(heap.check()).toBe(0);
    expect(heap.blocks).toBe(blocks.length);
  }
  expect(blocks.every((block) => intact(block))).toBe(true);
  return { blocks, end };
}

describe('heap', () => {
  test('any order of requests leaves it consistent, and what is freed is whole again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const { heap, bytes } = await fresh();
        const { blocks } = play(heap, bytes, [{ kind: 'add', pages: 4, gap: false }, ...steps]);
        for (const { address } of blocks) expect(heap.release(address)).toBe(true);
        expect(heap.used).toBe(0);
        expect(heap.check()).toBe(0);
        expect(heap.blocks).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('neighbouring regions join into one block', async () => {
    const { heap } = await fresh();
    heap.add(FIRST, 4096);
    heap.add(FIRST + 4096, 4096);
    expect(heap.allocate(8000)).not.toBe(0);
  });

  test('a region of regionFor(n) bytes holds n, whatever n is', async () => {
    for (const bytes of [0, 1, 12, 13, 255, 256, 257, 4096, 5000, 65535, 300_000]) {
      const { heap } = await fresh();
      const region = Math.ceil(heap.regionFor(bytes) / 16) * 16;
      expect(heap.add(FIRST, region)).toBe(true);
      expect(heap.allocate(bytes)).not.toBe(0);
    }
  });

  test('what is not a block in use is refused and changes nothing', async () => {
    const { heap } = await fresh();
    heap.add(FIRST, 8192);
    const block = heap.allocate(100);
    for (const wrong of [0, 1, 8, block + 16, block - 16, block + 1, FIRST, FIRST + 8192, 0xfffffff0]) {
      expect(heap.release(wrong)).toBe(false);
      expect(heap.resize(wrong, 10)).toBe(0);
    }
    expect(heap.check()).toBe(0);
    expect(heap.blocks).toBe(1);
  });

  test('requests that cannot be met give 0', async () => {
    const { heap } = await fresh();
    expect(heap.allocate(1)).toBe(0);
    expect(heap.add(FIRST, 16)).toBe(false);
    expect(heap.add(FIRST + 8, 4096)).toBe(false);
    heap.add(FIRST, 4096);
    expect(heap.allocate(4096)).toBe(0);
    expect(heap.allocate(0xffffffff)).toBe(0);
    expect(heap.check()).toBe(0);
  });
});
