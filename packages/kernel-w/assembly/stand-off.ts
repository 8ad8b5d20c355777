/** The stand-off: which stage of waiting comes next when there is nothing to do. Pure: it reads a configuration and keeps two counters. */
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

/** A number of turns that never ends. */
const FOREVER: u32 = 0xffffffff;

/**
 * ```
 * spin (spinTurns) -> pause (pauseTurns, PAUSEs doubling up to the limit) -> mwait, where allowed and offered
 *                                                                        -> else timed, where configured
 *                                                                        -> else pause at the limit
 * ```
 * The configuration is at `configuration` (STAND_OFF_* of worker-block.ts), written by Thread/C at any time and read anew each turn.
 */
@unmanaged
export class StandOff {
  /** Turns of the loop that found nothing since the last that did. */
  idle: u32;
  /** PAUSEs in the next turn of that stage. */
  pauses: u32;

  /** There was something to do. */
  @inline
  reset(): void {
    this.idle = 0;
    this.pauses = 1;
  }

  /**
   * One more turn found nothing: the stage that this turn waits in. `mwaitOffered`: the CPU can wait for the doorbell without a limit in
   * time, and nothing is due at a certain time. In STAGE_PAUSE, `takePauses` says how often.
   */
  next(configuration: usize, mwaitOffered: bool): u32 {
    const turn = this.idle;
    if (turn != FOREVER - 1) this.idle = turn + 1;
    const spinTurns = atomic.load<u32>(configuration, STAND_OFF_SPIN_TURNS_AT);
    if (spinTurns == FOREVER || turn < spinTurns) return STAGE_SPIN;
    const pauseTurns = atomic.load<u32>(configuration, STAND_OFF_PAUSE_TURNS_AT);
    if (pauseTurns == FOREVER || turn - spinTurns < pauseTurns) return STAGE_PAUSE;
    if (mwaitOffered && atomic.load<u32>(configuration, STAND_OFF_MWAIT_AT) != 0) return STAGE_MWAIT;
    if (atomic.load<u32>(configuration, STAND_OFF_TIMED_MICROSECONDS_AT) != 0) return STAGE_TIMED;
    return STAGE_PAUSE;
  }

  /** How many PAUSEs this turn takes: twice as many as the last, up to the limit. */
  takePauses(configuration: usize): u32 {
    const limit = max<u32>(atomic.load<u32>(configuration, STAND_OFF_PAUSE_LIMIT_AT), 1);
    const count = min(max<u32>(this.pauses, 1), limit);
    this.pauses = min(count << 1, limit);
    return count;
  }
}
