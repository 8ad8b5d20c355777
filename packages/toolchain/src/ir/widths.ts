/**
 * How many low bits of each integer value can be other than zero, as far as operations tell: a byte that was loaded has 8, a
 * comparison 1. Then masks that change nothing go, and sign extension of what has no sign becomes extension by zeros, which
 * costs nothing. Addresses use it too: a sum that cannot reach 2^32 need not be taken modulo 2^32.
 */
import { I32, I64 } from '../wasm/types.ts';
import type { Graph, Value } from './graph.ts';
import * as op from './op.ts';
import { resolveReplacements } from './simplify.ts';

/** Rounds after which a phi that still grows counts as full: loops that count up would take one per bit. */
const ROUNDS = 3;

/** Finds the widths, leaves them in `graph.widths`, and simplifies what they show to be idle. Blocks must be ordered. */
export function narrowValues(graph: Graph): void {
  graph.widths = findWidths(graph);
  for (const block of graph.blocks) for (const value of block.values) narrow(value, graph.widths);
  resolveReplacements(graph);
}

/** By value id. Phis start at nothing and grow until all agree. */
function findWidths(graph: Graph): Uint8Array {
  const widths = new Uint8Array(graph.valueCount);
  for (let round = 1, changed = true; changed; round++) {
    changed = false;
    for (const block of graph.blocks) {
      for (const phi of block.phis) {
        let width = 0;
        for (const arg of phi.args) width = Math.max(width, widthOf(arg, widths));
        if (width <= (widths[phi.id] as number)) continue;
        widths[phi.id] = round > ROUNDS ? fullWidth(phi) : width;
        changed = true;
      }
      for (const value of block.values) {
        const width = computedWidth(value, widths);
        if (width === widths[value.id]) continue;
        widths[value.id] = width;
        changed = true;
      }
    }
  }
  return widths;
}

/** How many low bits of an integer value can be other than zero. */
export function valueWidth(graph: Graph, value: Value): number {
  return value.id < graph.widths.length ? widthOf(value, graph.widths) : fullWidth(value);
}

function fullWidth(value: Value): number {
  return value.type === I32 ? 32 : 64;
}

function widthOf(value: Value, widths: Uint8Array): number {
  if (value.isConstant) return constantWidth(value);
  return value.op === op.Param ? fullWidth(value) : (widths[value.id] as number);
}

function constantWidth(value: Value): number {
  if (value.type !== I32 && value.type !== I64) return 64;
  if (value.constant < 0n) return fullWidth(value);
  return value.constant === 0n ? 0 : value.constant.toString(2).length;
}

function computedWidth(value: Value, widths: Uint8Array): number {
  const full = fullWidth(value);
  const of = (i: number): number => widthOf(value.args[i] as Value, widths);
  const count = value.args[1]?.isConstant ? Number(value.args[1].constant) : undefined;
  switch (value.op) {
    case op.Load:
    case op.AtomicLoad:
      return value.signed ? full : Math.min(full, 8 * value.bytes);
    case op.And:
      return Math.min(of(0), of(1));
    case op.Or:
    case op.Xor:
      return Math.max(of(0), of(1));
    case op.Add:
      return Math.min(full, Math.max(of(0), of(1)) + 1);
    case op.Mul:
      return Math.min(full, of(0) + of(1));
    case op.Shl:
      return count === undefined ? full : Math.min(full, of(0) + count);
    case op.ShrU:
      return count === undefined ? of(0) : Math.max(0, of(0) - count);
    case op.DivU:
      return of(0);
    case op.RemU:
      return Math.min(of(0), of(1));
    case op.Clz:
    case op.Ctz:
    case op.Popcnt:
      return 7;
    case op.ExtendU:
      return of(0);
    case op.Wrap:
      return Math.min(32, of(0));
    case op.ExtendS:
      return of(0) < 32 ? of(0) : full;
    case op.Select:
      return Math.max(of(1), of(2));
    default:
      return op.isCompare(value.op) || (value.op >= 0x5b && value.op <= 0x66) ? 1 : full;
  }
}

function narrow(value: Value, widths: Uint8Array): void {
  const [a, b] = value.args;
  if (a === undefined) return;
  const width = widthOf(a, widths);
  switch (value.op) {
    case op.And:
      if (b?.isConstant && isMask(BigInt.asUintN(64, b.constant), width)) value.replacement = a;
      return;
    case op.ExtendS:
      if (width < 32) value.op = op.ExtendU;
      return;
    case op.Sign8:
    case op.Sign16:
    case op.Sign32:
      if (width < (value.op === op.Sign8 ? 8 : value.op === op.Sign16 ? 16 : 32)) value.replacement = a;
      return;
    case op.ShrS:
      if (width < fullWidth(a)) value.op = op.ShrU;
      return;
    case op.Ne:
      if (b?.isConstant && b.constant === 0n && width <= 1 && a.type === I32) value.replacement = a;
  }
}

/** Whether the lowest `width` bits of the mask are all set. */
function isMask(mask: bigint, width: number): boolean {
  const low = (1n << BigInt(width)) - 1n;
  return (mask & low) === low;
}
