/** Handlers that no instruction has. */
import type { FunctionBody } from '../wasm/function-body.ts';
import { type HandlerOptions, lowerHandler, staleHandler } from './handler.ts';
import type { Meaning } from './language.ts';
import { longMode, type Shape } from './operand-shape.ts';
import { constant } from './value.ts';

export type SpecialHandler = 'stale' | 'undefined' | 'tooLong' | 'notAvailable' | 'goOn';

/** That of stale records is the first. */
export function specialHandlers(options: HandlerOptions): ReadonlyMap<SpecialHandler, FunctionBody> {
  const raising = (vector: number, code?: bigint): FunctionBody => {
    const errorCode = code === undefined ? undefined : constant(code);
    return lowerHandler(meaning({ kind: 'raise', condition: undefined, vector, errorCode }), nothing);
  };
  const goOn = meaning({ kind: 'jump', target: { kind: 'immediate' }, condition: undefined, hint: 'direct' });
  return new Map([
    ['stale', staleHandler()],
    ['undefined', raising(6)],
    ['notAvailable', raising(7)],
    ['tooLong', raising(13, 0n)],
    ['goOn', lowerHandler(goOn, nothing, options)],
  ]);
}

function meaning(statement: Meaning['statements'][number]): Meaning {
  return { statements: [statement], temporaries: [] };
}

const nothing: Shape = {
  mnemonic: '',
  operands: [],
  code: longMode,
  operandSize: 64,
  addressSize: 64,
  segment: 3,
  repeat: 0,
  lock: false,
  vex: false,
  flagsDead: true,
};
