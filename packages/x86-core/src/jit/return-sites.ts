/** Where the returns of a region can go inside of it: behind the calls of the functions that they end. */
import type { FlowNode } from '../semantics/region-flow.ts';
import type { BlockEnd } from './discover.ts';

/** @returns for each block that ends in a return the places, in order of their addresses; others have none */
export function returnSitesOf(
  ends: readonly BlockEnd[],
  numbers: ReadonlyMap<bigint, FlowNode>,
  targets: ReadonlyMap<bigint, readonly bigint[]>,
): bigint[][] {
  const sitesOf = new Map<FlowNode, Set<bigint>>();
  for (const { isCall, target, next, last } of ends) {
    if (!isCall || next === undefined || !numbers.has(next)) continue;
    for (const callee of target === undefined ? (targets.get(last.rip) ?? []) : [target]) {
      const number = numbers.get(callee);
      if (number === undefined) continue;
      const sites = sitesOf.get(number);
      if (sites === undefined) sitesOf.set(number, new Set([next]));
      else sites.add(next);
    }
  }
  const result = ends.map(() => new Set<bigint>());
  for (const [callee, sites] of sitesOf) {
    for (const block of reachedWithin(callee, ends, numbers, targets)) {
      if (ends[block]?.isReturn === true) for (const site of sites) result[block]?.add(site);
    }
  }
  return result.map((sites) => [...sites].toSorted((a, b) => (a < b ? -1 : 1)));
}

/** Blocks of a function: calls are stepped over. */
function reachedWithin(
  start: FlowNode,
  ends: readonly BlockEnd[],
  numbers: ReadonlyMap<bigint, FlowNode>,
  targets: ReadonlyMap<bigint, readonly bigint[]>,
): Set<FlowNode> {
  const seen = new Set<FlowNode>([start]);
  for (const block of seen) {
    const { isCall, isComputed, target, next, resumes, last } = ends[block] as BlockEnd;
    const computed = isComputed && !isCall ? (targets.get(last.rip) ?? []) : [];
    for (const rip of [isCall ? undefined : target, next, resumes, ...computed]) {
      const number = rip === undefined ? undefined : numbers.get(rip);
      if (number !== undefined) seen.add(number);
    }
  }
  return seen;
}
