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
      const position = positionOf(order, from);
      if (position < 0) continue;
      for (const to of targets) {
        const head = positionOf(order, to);
        if (head <= position && !dominates(dominators, head, position)) dispatched.add(to);
      }
    }
    if (dispatched.size === sizeBefore) return describe(successors, [...dispatched], order, dominators);
  }
}

interface Order {
  /** The dispatcher, and all blocks that are reached. */
  readonly nodes: readonly FlowNode[];
  /** Places in `nodes`, of the dispatcher and of the blocks by their numbers; -1: not reached. */
  readonly positions: Int32Array;
}

function positionOf({ positions }: Order, node: FlowNode): number {
  return positions[node + 1] as number;
}

function reversePostorder(successors: readonly (readonly FlowNode[])[], dispatched: readonly FlowNode[]): Order {
  const postorder: FlowNode[] = [];
  const seen = new Uint8Array(successors.length + 1);
  const path: FlowNode[] = [DISPATCHER];
  /** How many of the targets of each node of the path have been followed. */
  const followed: number[] = [0];
  while (path.length > 0) {
    const top = path.length - 1;
    const node = path[top] as FlowNode;
    const targets = node === DISPATCHER ? dispatched : (successors[node] as readonly FlowNode[]);
    const next = followed[top] as number;
    followed[top] = next + 1;
    const target = targets[next];
    if (target === undefined) {
      postorder.push(node);
      path.pop();
      followed.pop();
    } else if (seen[target] === 0) {
      seen[target] = 1;
      path.push(target);
      followed.push(0);
    }
  }
  const nodes = postorder.reverse();
  const positions = new Int32Array(successors.length + 1).fill(-1);
  for (let position = 0; position < nodes.length; position++) positions[(nodes[position] as FlowNode) + 1] = position;
  return { nodes, positions };
}

/** Of each node the one that dominates it at once, both by their positions: it comes before it. The dispatcher's is itself. */
type Dominators = Int32Array;

/** Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm (2001). */
function immediateDominators(
  successors: readonly (readonly FlowNode[])[],
  dispatched: readonly FlowNode[],
  order: Order,
): Dominators {
  const { nodes } = order;
  const predecessors = nodes.map((): number[] => []);
  for (let position = 0; position < nodes.length; position++) {
    const node = nodes[position] as FlowNode;
    const targets = node === DISPATCHER ? dispatched : (successors[node] as readonly FlowNode[]);
    for (const target of targets) predecessors[positionOf(order, target)]?.push(position);
  }
  const dominators = new Int32Array(nodes.length).fill(-1);
  dominators[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let position = 1; position < nodes.length; position++) {
      let dominator = -1;
      for (const each of predecessors[position] as readonly number[]) {
        if ((dominators[each] as number) < 0) continue;
        dominator = dominator < 0 ? each : meet(dominators, dominator, each);
      }
      if (dominators[position] === dominator) continue;
      dominators[position] = dominator;
      changed = true;
    }
  }
  return dominators;
}

function meet(dominators: Dominators, a: number, b: number): number {
  let [left, right] = [a, b];
  while (left !== right) {
    if (left > right) left = dominators[left] as number;
    else right = dominators[right] as number;
  }
  return left;
}

function dominates(dominators: Dominators, above: number, below: number): boolean {
  let position = below;
  while (position > above) position = dominators[position] as number;
  return position === above;
}

function describe(
  successors: readonly (readonly FlowNode[])[],
  dispatched: readonly FlowNode[],
  order: Order,
  dominators: Dominators,
): RegionFlow {
  const { nodes } = order;
  // The dispatcher's table needs a label for each of its targets: as if each were reached twice.
  const forwardEdges = new Uint32Array(successors.length);
  for (const node of dispatched) forwardEdges[node] = 2;
  const loops = new Uint8Array(successors.length);
  for (let position = 1; position < nodes.length; position++) {
    const node = nodes[position] as FlowNode;
    for (const target of successors[node] as readonly FlowNode[]) {
      const head = positionOf(order, target);
      if (head > position) forwardEdges[target] = (forwardEdges[target] as number) + 1;
      else if (dominates(dominators, head, position)) loops[target] = 1;
    }
  }
  const hasLabel = (node: FlowNode): boolean => (forwardEdges[node] as number) > 1;
  const following = new Map<FlowNode, FlowNode[]>();
  for (let position = nodes.length - 1; position > 0; position--) {
    const node = nodes[position] as FlowNode;
    if (!hasLabel(node)) continue;
    const dominator = nodes[dominators[position] as number] as FlowNode;
    const list = following.get(dominator);
    if (list === undefined) following.set(dominator, [node]);
    else list.push(node);
  }
  return {
    dispatched,
    edge: (from, to) => {
      const [position, target] = [positionOf(order, from), positionOf(order, to)];
      if (target > position) return hasLabel(to) ? 'forward' : 'inline';
      return dominates(dominators, target, position) ? 'loop' : 'dispatcher';
    },
    isReached: (node) => positionOf(order, node) >= 0,
    isLoop: (node) => loops[node] === 1,
    following: (node) => following.get(node) ?? [],
  };
}
