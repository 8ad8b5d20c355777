/** kernels/list-sort.c in AssemblyScript, with an unmanaged class as kernels have them. */
import { following, mix } from './random';

const NODES: u32 = 512;

@unmanaged
class Node {
  next: usize;
  key: i32;
  tag: u32;
}

const nodes: usize = memory.data(6144, 4);

function nodeAt(address: usize): Node {
  return changetype<Node>(address);
}

function sort(unsorted: usize): usize {
  let list = unsorted;
  let merges: u32 = 2;
  for (let size: u32 = 1; merges > 1; size *= 2) {
    let at = list;
    let tail: usize = 0;
    merges = 0;
    list = 0;
    while (at) {
      let left = at;
      let right = at;
      let lefts: u32 = 0;
      let rights = size;
      merges++;
      while (right && lefts < size) {
        lefts++;
        right = nodeAt(right).next;
      }
      while (lefts > 0 || (rights > 0 && right)) {
        let least: usize;
        if (lefts > 0 && (rights == 0 || !right || nodeAt(left).key <= nodeAt(right).key)) {
          least = left;
          left = nodeAt(left).next;
          lefts--;
        } else {
          least = right;
          right = nodeAt(right).next;
          rights--;
        }
        if (tail) nodeAt(tail).next = least;
        else list = least;
        tail = least;
      }
      at = right;
    }
    nodeAt(tail).next = 0;
  }
  return list;
}

export function run(rounds: u32): u32 {
  let seed: u32 = 7;
  let sum: u32 = 0;
  for (let round: u32 = 0; round < rounds; round++) {
    for (let i: u32 = 0; i < NODES; i++) {
      const address = nodes + i * offsetof<Node>();
      const node = nodeAt(address);
      seed = following(seed);
      node.key = (seed as i32) >> 8;
      node.tag = i;
      node.next = i + 1 < NODES ? address + offsetof<Node>() : 0;
    }
    for (let at = sort(nodes); at; at = nodeAt(at).next) sum = mix(sum, nodeAt(at).key + nodeAt(at).tag);
  }
  return sum;
}
