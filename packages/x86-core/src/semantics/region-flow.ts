/**
 * The control flow of a region as nested blocks and loops of WebAssembly.
 *
 * A region is entered at several places, and returns inside of it go to places that only the guest's stack knows: both through the dispatcher, a node
 * in front of all blocks that switches on a number. Every block is then reached from the dispatcher, which dominates all; a loop that is entered beside
 * its head is made structured by sending its back edge through the dispatcher too.
 *
 * Blocks are nested as their dominators are: a block with several ways into it stands behind the end of a label inside of which its immediate dominator
 * stands; a block with one way into it stands where that way leads from; the head of a loop stands in one (N. Ramsey, Beyond Relooper, ICFP 2022).
 */

/** A block, by its number; or the dispatcher. */
export type FlowNode = number;
export const DISPATCHER: FlowNode = -1;

export interface RegionFlow {
  /** The blocks that the dispatcher goes to, in the order of their numbers in its table. */
  readonly dispatched: readonly FlowNode[];
  /** How an edge between nodes that are reached is taken. */
  edge(from: FlowNode, to: FlowNode): 'inline' | 'forward' | 'loop' | 'dispatcher';
  /** Whether there is a way to a node at all. */
  isReached(node: FlowNode): boolean;
  /** Whether a node is the head of a loop. */
  isLoop(node: FlowNode): boolean;
  /** Blocks behind a label inside of which `node` stands: the one that comes last first. */
  following(node: FlowNode): readonly FlowNode[];
}

/** @param successors of each block, the likelier last; `entries`: blocks that the dispatcher goes to in any case */
export function planFlow(successors: readonly (readonly FlowNode[])[], entries: readonly FlowNode[]): RegionFlow {
  const dispatched = new Set(entries);
  for (;;) {
    const order = reversePostorder(successors, [...dispatched]);
    const dominators = immediateDominators(successors, [...dispatched], order);
    const sizeBefore = dispatched.size;
    for (const [from, targets] of successors.entries()) {
      if (order.position(from) < 0) continue;
      for (const to of targets) {
        if (order.position(to) <= order.position(from) && !dominates(dominators, to, from)) dispatched.add(to);
      }
    }
    if (dispatched.size === sizeBefore) return describe(successors, [...dispatched], order, dominators);
  }
}

interface Order {
  /** The dispatcher, and all blocks that are reached. */
  readonly nodes: readonly FlowNode[];
  /** In `nodes`; -1: not reached. */
  position(node: FlowNode): number;
}

function reversePostorder(successors: readonly (readonly FlowNode[])[], dispatched: readonly FlowNode[]): Order {
  const postorder: FlowNode[] = [];
  const seen = new Set<FlowNode>([DISPATCHER]);
  const stack: { readonly node: FlowNode; next: number }[] = [{ node: DISPATCHER, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1] as { readonly node: FlowNode; next: number };
    const targets = top.node === DISPATCHER ? dispatched : (successors[top.node] as readonly FlowNode[]);
    const target = targets[top.next++];
    if (target === undefined) {
      postorder.push(top.node);
      stack.pop();
    } else if (!seen.has(target)) {
      seen.add(target);
      stack.push({ node: target, next: 0 });
    }
  }
  const nodes = postorder.reverse();
  const positions = new Map(nodes.map((node, position) => [node, position]));
  return { nodes, position: (node) => positions.get(node) ?? -1 };
}

type Dominators = ReadonlyMap<FlowNode, FlowNode>;

/** Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm (2001). */
function immediateDominators(
  successors: readonly (readonly FlowNode[])[],
  dispatched: readonly FlowNode[],
  order: Order,
): Dominators {
  const predecessors = new Map<FlowNode, FlowNode[]>(order.nodes.map((node) => [node, []]));
  for (const node of order.nodes) {
    const targets = node === DISPATCHER ? dispatched : (successors[node] as readonly FlowNode[]);
    for (const target of targets) predecessors.get(target)?.push(node);
  }
  const dominators = new Map<FlowNode, FlowNode>([[DISPATCHER, DISPATCHER]]);
  const meet = (a: FlowNode, b: FlowNode): FlowNode => {
    let [left, right] = [a, b];
    while (left !== right) {
      if (order.position(left) > order.position(right)) left = dominators.get(left) as FlowNode;
      else right = dominators.get(right) as FlowNode;
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order.nodes.slice(1)) {
      const known = (predecessors.get(node) as FlowNode[]).filter((each) => dominators.has(each));
      const dominator = known.reduce(meet);
      if (dominators.get(node) === dominator) continue;
      dominators.set(node, dominator);
      changed = true;
    }
  }
  return dominators;
}

function dominates(dominators: Dominators, above: FlowNode, below: FlowNode): boolean {
  let node = below;
  while (node !== above) {
    const next = dominators.get(node);
    if (next === undefined) throw new Error('A node that is not reached has no dominator');
    if (node === DISPATCHER) return false;
    node = next;
  }
  return true;
}

function describe(
  successors: readonly (readonly FlowNode[])[],
  dispatched: readonly FlowNode[],
  order: Order,
  dominators: Dominators,
): RegionFlow {
  const throughDispatcher = new Set(dispatched);
  const isBack = (from: FlowNode, to: FlowNode): boolean => order.position(to) <= order.position(from);
  const forwardEdges = new Map<FlowNode, number>(dispatched.map((node) => [node, 1]));
  const loops = new Set<FlowNode>();
  for (const node of order.nodes.slice(1)) {
    for (const target of successors[node] as readonly FlowNode[]) {
      if (!isBack(node, target)) forwardEdges.set(target, (forwardEdges.get(target) ?? 0) + 1);
      else if (dominates(dominators, target, node)) loops.add(target);
    }
  }
  // The dispatcher's table needs a label for each of its targets.
  const hasLabel = (node: FlowNode): boolean => throughDispatcher.has(node) || (forwardEdges.get(node) ?? 0) > 1;
  const following = new Map<FlowNode, FlowNode[]>();
  for (const node of order.nodes.slice(1).reverse()) {
    if (!hasLabel(node)) continue;
    const dominator = dominators.get(node) as FlowNode;
    const list = following.get(dominator);
    if (list === undefined) following.set(dominator, [node]);
    else list.push(node);
  }
  return {
    dispatched,
    edge: (from, to) => {
      if (!isBack(from, to)) return hasLabel(to) ? 'forward' : 'inline';
      return dominates(dominators, to, from) ? 'loop' : 'dispatcher';
    },
    isReached: (node) => order.position(node) >= 0,
    isLoop: (node) => loops.has(node),
    following: (node) => following.get(node) ?? [],
  };
}
