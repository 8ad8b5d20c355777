/**
 * Compiles blocks of guest code into one WebAssembly function: the region.
 *
 * Guest registers are locals; those that the region uses are loaded at its entry and stored at its only exit. Block i's code stands behind
 * the end of label i, so a forward branch inside the region is one `br`; a block that branches to itself is a loop of its own; other
 * backward branches go through the `br_table` at the top. A computed target is compared with the places behind the region's calls.
 *
 *   loop dispatch
 *     block n ... block 1, block 0
 *       br_table (pc)
 *     end 0: code of block 0 ...
 *     end 1: code of block 1 ...
 */
import type { FunctionBody } from '../wasm/function-body.ts';
import { ModuleBuilder } from '../wasm/module-builder.ts';
import { meaningOf } from './instructions/index.ts';
import type { CoreEnvironment } from './interpreter.ts';
import type { Meaning } from './language.ts';
import { calledSignature, lower } from './lowering.ts';
import { longMode } from './operand-shape.ts';
import type { ReasonCode } from './reason.ts';
import { SETTLE, settleFunction, settleSignature } from './region-flags.ts';
import { type RegionRegister, RegionTarget } from './region-target.ts';
import * as state from './state.ts';
import { decodeRun, readsEarlierFlags, type RunInstruction, type StraightRun } from './straight-run.ts';

/** Runs from the region's first block until it leaves; RIP says where, the result why. */
export type Region = (budget: number) => ReasonCode;

/** @param blocks addresses of the blocks, the entry first. Each ends at a jump or where the next one starts. */
export function compileRegion(environment: CoreEnvironment, blocks: readonly bigint[]): Region {
  const { memory, functions, fetch, core: base } = environment;
  const runs = blocks.map((start) => cutAt(decodeRun(fetch, start, longMode, { throughBranches: false }), blocks));
  const used = new Set<RegionRegister>();
  regionBody(blocks, runs, used); // only to see which registers it uses
  const body = regionBody(blocks, runs, used);
  const module = new ModuleBuilder();
  for (const name of body.calls) if (name !== SETTLE) module.import(name, calledSignature(name));
  module.function(SETTLE, settleSignature, settleFunction());
  module.function('run', { parameters: ['i32'], results: [] }, body);
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  const core = { ...functions, memory, table };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { core });
  const run = instance.exports['run'] as (core: number) => void;
  const view = new DataView(memory.buffer);
  return (budget) => {
    view.setBigInt64(base + state.BUDGET, BigInt(budget), true);
    run(base);
    return view.getInt32(base + state.REASON, true) as ReasonCode;
  };
}

/** A run up to the start of another block. */
function cutAt(run: StraightRun, blocks: readonly bigint[]): StraightRun {
  const cut = run.instructions.findIndex(({ rip }, position) => position > 0 && blocks.includes(rip));
  if (cut < 0) return run;
  const end = run.instructions[cut]?.rip as bigint;
  return { instructions: run.instructions.slice(0, cut), end, ending: 'cut', crosses: false };
}

function regionBody(blocks: readonly bigint[], runs: readonly StraightRun[], used: Set<RegionRegister>): FunctionBody {
  const target = new RegionTarget(blocks, runs.map(readsEarlierFlags), returnSites(runs), used);
  const { body } = target;
  target.begin();
  for (const [block, run] of runs.entries()) {
    body.end();
    target.beginBlock(block, run.instructions.length);
    for (const each of run.instructions) {
      target.beginInstruction(each);
      lower(meaningFor(each), target);
    }
    target.endBlock(run);
  }
  body.unreachable();
  body.end();
  body.end();
  target.storeState();
  return body;
}

function meaningFor({ instruction, shape }: RunInstruction): Meaning {
  const meaning = meaningOf(shape);
  if (meaning === undefined) throw new Error(`No meaning for ${instruction.row.text}`);
  return meaning;
}

/** The addresses behind the calls. */
function returnSites(runs: readonly StraightRun[]): bigint[] {
  return runs.flatMap((run) =>
    run.instructions.filter(({ instruction }) => instruction.row.mnemonic === 'call').map(({ next }) => next),
  );
}
