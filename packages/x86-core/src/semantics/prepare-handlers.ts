/** Makes the handlers of common instructions, as one module: what generate.ts keeps. */
import type { FunctionBody } from '../wasm/function-body.ts';
import { ModuleBuilder } from '../wasm/module-builder.ts';
import { commonInstructions, switchingInstructions } from './common-instructions.ts';
import { type Effect, effectOf } from './effect.ts';
import { handlerSignature, lowerHandler } from './handler.ts';
import { meaningOf } from './instructions/index.ts';
import type { Meaning } from './language.ts';
import { calledSignature } from './lowering.ts';
import { type CodeShape, handlerKeyOf, longMode, type Shape, shapeOf } from './operand-shape.ts';
import { preparedLine } from './prepared-format.ts';
import { STALE_HANDLER } from './record.ts';
import { specialHandlers } from './special-handlers.ts';

/** Firmware and boot loaders, protected mode, 64-bit mode; and the last with 5-level paging, where few handlers are others. */
const codes: readonly CodeShape[] = [
  { mode: 16, segmentation: 'segmented', stackBits: 16, linearBits: 32 },
  { mode: 32, segmentation: 'flat', stackBits: 32, linearBits: 32 },
  longMode,
  { ...longMode, linearBits: 57 },
];

/** Between two modes. */
const between: readonly CodeShape[] = [
  { mode: 16, segmentation: 'segmented', stackBits: 32, linearBits: 32 },
  { mode: 32, segmentation: 'segmented', stackBits: 16, linearBits: 32 },
  { mode: 32, segmentation: 'segmented', stackBits: 32, linearBits: 32 },
];

export interface MadeHandlers {
  readonly code: Uint8Array<ArrayBuffer>;
  /** See prepared-format.ts. */
  readonly lines: string;
}

export function prepareHandlers(): MadeHandlers {
  const bodies = new Map<string, FunctionBody>();
  const numbers = new Map<string, number>();
  const lines: string[] = [];
  const add = (key: string, body: FunctionBody, effect?: Effect): void => {
    const { fingerprint } = body;
    let number = numbers.get(fingerprint);
    if (number === undefined) {
      number = bodies.size;
      bodies.set(fingerprint, body);
      numbers.set(fingerprint, number);
    }
    lines.push(preparedLine(number, effect, key));
  };
  for (const [name, body] of specialHandlers({})) add(name, body);
  for (const [key, shape] of commonShapes()) {
    const meaning = meaningOf(shape) as Meaning;
    add(key, lowerHandler(meaning, shape), effectOf(meaning));
  }
  const module = new ModuleBuilder();
  for (const { calls } of bodies.values()) for (const name of calls) module.import(name, calledSignature(name));
  for (const body of bodies.values()) module.function('', handlerSignature, body);
  return { code: module.encode(STALE_HANDLER), lines: lines.join('\n') };
}

/** With flags that are read, and, where an instruction writes some, with those that nobody reads. */
function commonShapes(): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const code of [...codes, ...between]) {
    const instructions = between.includes(code) ? switchingInstructions(code.mode) : commonInstructions(code.mode);
    for (const instruction of instructions) {
      const { written, cleared, set, undefined: unknown } = instruction.row.flags;
      const writes = written + cleared + set + unknown !== '';
      for (const flagsDead of writes ? [false, true] : [false]) {
        const shape = shapeOf(instruction, code, flagsDead);
        const key = handlerKeyOf(shape);
        if (!shapes.has(key) && meaningOf(shape) !== undefined) shapes.set(key, shape);
      }
    }
  }
  return shapes;
}
