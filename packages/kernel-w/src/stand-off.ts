/** Thread/W's stand-off on the host: the state machine that decides how an idle worker waits, over a configuration of the caller's. */
import {
  STAGE_MWAIT,
  STAGE_PAUSE,
  STAGE_SPIN,
  STAGE_TIMED,
  STAND_OFF_MWAIT_AT,
  STAND_OFF_PAUSE_LIMIT_AT,
  STAND_OFF_PAUSE_TURNS_AT,
  STAND_OFF_SPIN_TURNS_AT,
  STAND_OFF_TIMED_MICROSECONDS_AT,
} from '@drift-os/abi/layout/worker-block';
import { loadModule } from './module.ts';

/** As Thread/C writes it into the worker block. A number of turns of 0xffffffff never ends; 0 skips the stage. */
export interface StandOffConfiguration {
  /** Turns that only look for work. */
  readonly spinTurns: number;
  /** Turns that take PAUSEs before they look again. */
  readonly pauseTurns: number;
  /** Most PAUSEs in one turn; they double from 1. */
  readonly pauseLimit: number;
  /** Whether to wait for the doorbell by MWAIT where the CPU has it. */
  readonly mwait: boolean;
  /** Longest timed sleep, 0: none. */
  readonly timedMicroseconds: number;
}

export type Stage = 'spin' | 'pause' | 'mwait' | 'timed';

export interface StandOff {
  /** There was work. */
  reset(): void;
  /** A turn found nothing: how it waits. `mwaitOffered`: the CPU has MWAIT, and nothing is due at a certain time. */
  next(mwaitOffered: boolean): { readonly stage: Stage; readonly pauses: number };
  /** Takes effect in the next turn. */
  configure(configuration: StandOffConfiguration): void;
}

interface StandOffExports {
  reset(state: number): void;
  next(state: number, configuration: number, mwaitOffered: number): number;
  takePauses(state: number, configuration: number): number;
}

const STATE = 4096;
const CONFIGURATION = 4160;
const stages: Readonly<Record<number, Stage>> = {
  [STAGE_SPIN]: 'spin',
  [STAGE_PAUSE]: 'pause',
  [STAGE_MWAIT]: 'mwait',
  [STAGE_TIMED]: 'timed',
};

/**
 * Instantiates the stand-off. `module` is the compiled stand-off module; default: the package's own.
 *
 * @throws ModuleMissingError when no module was given and the package has not been built.
 */
export async function createStandOff(
  configuration: StandOffConfiguration,
  module?: WebAssembly.Module,
): Promise<StandOff> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
  const words = new Uint32Array(memory.buffer);
  const instance = await WebAssembly.instantiate(module ?? (await loadModule('stand-off')), { env: { memory } });
  const standOff = instance.exports as unknown as StandOffExports;
  const configure = (values: StandOffConfiguration): void => {
    words[(CONFIGURATION + STAND_OFF_SPIN_TURNS_AT) / 4] = values.spinTurns;
    words[(CONFIGURATION + STAND_OFF_PAUSE_TURNS_AT) / 4] = values.pauseTurns;
    words[(CONFIGURATION + STAND_OFF_PAUSE_LIMIT_AT) / 4] = values.pauseLimit;
    words[(CONFIGURATION + STAND_OFF_MWAIT_AT) / 4] = values.mwait ? 1 : 0;
    words[(CONFIGURATION + STAND_OFF_TIMED_MICROSECONDS_AT) / 4] = values.timedMicroseconds;
  };
  configure(configuration);
  standOff.reset(STATE);
  return {
    configure,
    reset: () => standOff.reset(STATE),
    next: (mwaitOffered) => {
      const stage = stages[standOff.next(STATE, CONFIGURATION, mwaitOffered ? 1 : 0)] as Stage;
      return { stage, pauses: stage === 'pause' ? standOff.takePauses(STATE, CONFIGURATION) : 0 };
    },
  };
}
