/**
 * Loop-invariant code motion: a pure value whose operands a loop does not change is computed once, in front of the loop.
 *
 * Each value moved takes a register for as long as the loop runs. So what instructions fold into themselves for nothing stays
 * (parts of addresses, comparisons, constants), cheap values move only where there are no calls, which would push them into
 * memory, and only a few; what takes long to compute moves in any case. Inner loops go first: what they give up may leave the next.
 */
import type { Block, Graph, Value } from './graph.ts';
import * as op from './op.ts';

/** Cheap values that one loop gives up. */
const MAX_CHEAP = 4;
const MAX_EXPENSIVE = 8;

/** The blocks must be ordered, dominators first. */
export function hoistInvariants(graph: Graph): void {
  const headers = graph.blocks.filter(({ isLoopHeader }) => isLoopHeader);
  if (headers.length === 0) return;
  const bodies = new Map<Block, Block[]>(headers.map((header) => [header, []]));
  for (const block of graph.blocks) {
    const loop = innermostLoop(block);
    if (loop !== undefined) bodies.get(loop)?.push(block);
  }
  const addresses = addressParts(graph);
  const calling = loopsThatCall(graph);
  for (let i = headers.length - 1; i >= 0; i--) {
    const header = headers[i] as Block;
    const entries = header.predecessors.filter((block) => !isInside(block, header));
    const [before] = entries;
    if (before !== undefined && entries.length === 1) {
      const cheap = calling.has(header) ? 0 : MAX_CHEAP;
      hoist(bodies.get(header) ?? [], header, before, addresses, cheap);
    }
  }
}

function innermostLoop(block: Block): Block | undefined {
  return block.isLoopHeader ? block : block.loopHeader;
}

function isInside(block: Block, header: Block): boolean {
  for (let loop = innermostLoop(block); loop !== undefined; loop = loop.loopHeader) if (loop === header) return true;
  return false;
}

/** Headers of loops with a call in them or in a loop inside. */
function loopsThatCall(graph: Graph): Set<Block> {
  const found = new Set<Block>();
  for (const block of graph.blocks) {
    if (!block.values.some(isCall)) continue;
    for (let loop = innermostLoop(block); loop !== undefined && !found.has(loop); loop = loop.loopHeader)
      found.add(loop);
  }
  return found;
}

/** Moves what is worth it from a loop's own blocks to the one in front; at most `maxCheap` values for themselves only. */
function hoist(
  body: readonly Block[],
  header: Block,
  before: Block,
  addresses: ReadonlySet<Value>,
  maxCheap: number,
): void {
  const invariants = findInvariants(body, header);
  if (invariants.size === 0) return;
  const moved = new Set<Value>();
  let cheap = maxCheap;
  let expensive = MAX_EXPENSIVE;
  for (const value of invariants) {
    if (moved.has(value) || !isWorthARegister(value, addresses)) continue;
    const isCostly = isExpensive(value.op);
    if ((isCostly ? expensive : cheap) === 0) continue;
    if (isCostly) expensive--;
    else cheap--;
    takeAlong(value, invariants, moved);
  }
  for (const block of body) {
    const stays: Value[] = [];
    for (const value of block.values) {
      if (moved.has(value)) {
        value.block = before;
        before.values.push(value);
      } else stays.push(value);
    }
    block.values = stays;
  }
}

/** Pure values that depend on nothing that the loop computes but each other, operands first. */
function findInvariants(body: readonly Block[], header: Block): Set<Value> {
  const found = new Set<Value>();
  for (const block of body) {
    for (const value of block.values) {
      if (!op.isPure(value.op)) continue;
      if (value.args.every((arg) => arg.isConstant || found.has(arg) || !arg.block || !isInside(arg.block, header)))
        found.add(value);
    }
  }
  return found;
}

/** A value moves with those of its operands that have not left the loop. */
function takeAlong(value: Value, invariants: ReadonlySet<Value>, moved: Set<Value>): void {
  const pending = [value];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    moved.add(at);
    for (const arg of at.args) if (invariants.has(arg) && !moved.has(arg)) pending.push(arg);
  }
}

function isCall({ op: operation }: Value): boolean {
  return operation === op.Call || operation === op.CallIndirect;
}

/** Multiplication, and all arithmetic on floats and vectors, which takes several cycles. */
function isExpensive(operation: number): boolean {
  return operation === op.Mul || operation === op.MulHighU || operation >= op.FIRST_WASM_CODE;
}

function isWorthARegister(value: Value, addresses: ReadonlySet<Value>): boolean {
  const operation = value.op;
  // Comparisons belong beside what branches on them; the others cost nothing where they are.
  if (op.isCompare(operation) || isFloatCompare(operation)) return false;
  if (operation === op.ExtendU || operation === op.Wrap || addresses.has(value)) return false;
  return value.args.length > 0;
}

function isFloatCompare(operation: number): boolean {
  return operation >= 0x5b && operation <= 0x66;
}

/** Sums and small shifts that nothing but memory operands use, as address or as part of one. */
function addressParts(graph: Graph): Set<Value> {
  const others = new Set<Value>();
  const candidates: Value[] = [];
  for (const block of graph.blocks) {
    for (const value of block.values) {
      const accesses = value.op >= op.Load && value.op <= op.AtomicCompareExchange;
      value.args.forEach((arg, i) => {
        if (!(accesses && i === 0) && !isAddressPart(value)) others.add(arg);
      });
      if (isAddressPart(value)) candidates.push(value);
    }
    for (const phi of block.phis) for (const arg of phi.args) others.add(arg);
    for (const result of block.results) others.add(result);
    if (block.condition !== undefined) others.add(block.condition);
  }
  // A sum that is wanted as a number wants its own parts as numbers, too.
  for (let i = candidates.length - 1; i >= 0; i--) {
    const value = candidates[i] as Value;
    if (others.has(value)) for (const arg of value.args) others.add(arg);
  }
  return new Set(candidates.filter((value) => !others.has(value)));
}

function isAddressPart(value: Value): boolean {
  if (value.op === op.Add) return true;
  const count = value.args[1];
  return value.op === op.Shl && count !== undefined && count.isConstant && count.constant <= 3n;
}
