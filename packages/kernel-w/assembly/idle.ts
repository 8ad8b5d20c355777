/** A turn of the loop that found nothing: waits a little, in the stage that the stand-off says. */
import { pause, rdtsc } from '@drift-os/abi/assembly/generated/cpu';
import { APPLICATION_CHANNELS } from '@drift-os/abi/layout/application-context';
import {
  STAGE_MWAIT,
  STAGE_PAUSE,
  STAGE_TIMED,
  STAND_OFF_TIMED_MICROSECONDS_AT,
  WORKER_FEATURE_MWAIT,
  WORKER_FEATURE_UMWAIT,
  WORKER_STAND_OFF_AT,
} from '@drift-os/abi/layout/worker-block';
import { enterStage } from './clock';
import { prepareControlSleep, wakeControlReader } from './control';
import { INSTANCE_RUNNING, instance, Instance } from './instance';
import { StandOff } from './stand-off';
import { pauseForDoorbellUntil, waitForDoorbell, waitForDoorbellUntil } from './waiting';
import { block, flushIsDue, INSTANCES, standOffState, stopRequested, tscHz } from './worker';

const NEVER: u64 = 0xffffffffffffffff;

/**
 * `bell` is the doorbell as it was before this turn looked for work: whoever brings work afterwards either finds this worker awake and
 * is seen in the next turn, or finds it asleep and rings. Returns the stage.
 */
export function standOff(features: u32, bell: u32): u32 {
  const state = changetype<StandOff>(standOffState());
  const configuration = block + WORKER_STAND_OFF_AT;
  const due = earliestDeadline();
  const umwait = (features & WORKER_FEATURE_UMWAIT) != 0;
  const mwait = (features & WORKER_FEATURE_MWAIT) != 0 && due == NEVER;
  const stage = state.next(configuration, umwait || mwait);
  enterStage(stage);
  if (stage == STAGE_PAUSE) {
    for (let count = state.takePauses(configuration); count != 0; count--) pause();
  } else if (stage == STAGE_MWAIT || stage == STAGE_TIMED) {
    if (prepareSleep()) sleep(stage, umwait, mwait, due, bell);
    wakeUp();
  }
  return stage;
}

function sleep(stage: u32, umwait: bool, mwait: bool, due: u64, bell: u32): void {
  // Requests of Thread/C that come without a message; their doorbell rings after they are written.
  if (flushIsDue() || stopRequested()) return;
  if (stage == STAGE_MWAIT) {
    if (mwait) waitForDoorbell(bell);
    else waitForDoorbellUntil(bell, due);
    return;
  }
  const microseconds: u64 = atomic.load<u32>(block + WORKER_STAND_OFF_AT, STAND_OFF_TIMED_MICROSECONDS_AT);
  const deadline = min(rdtsc() + (tscHz() * microseconds) / 1_000_000, due);
  if (umwait) waitForDoorbellUntil(bell, deadline);
  else pauseForDoorbellUntil(bell, deadline);
}

function earliestDeadline(): u64 {
  let earliest = NEVER;
  for (let i: u32 = 0; i < INSTANCES; i++) {
    const deadline = instance(i).deadline;
    if (instance(i).number != 0 && deadline != 0) earliest = min(earliest, deadline);
  }
  return earliest;
}

/** Declares every reading end asleep, so that its writer rings; false as soon as one has something. */
function prepareSleep(): bool {
  if (!prepareControlSleep()) return false;
  for (let i: u32 = 0; i < INSTANCES; i++) {
    if (instance(i).state == INSTANCE_RUNNING && !prepareChannels(instance(i))) return false;
  }
  return true;
}

function prepareChannels(instance: Instance): bool {
  for (let i: u32 = 0; i < <u32>APPLICATION_CHANNELS; i++) {
    const end = instance.end(i);
    if (end.number == 0 || end.closedSeen != 0) continue;
    if (!end.pair.prepareSleep(end.room)) return false;
  }
  return true;
}

function wakeUp(): void {
  wakeControlReader();
  for (let i: u32 = 0; i < INSTANCES; i++) {
    if (instance(i).state != INSTANCE_RUNNING) continue;
    for (let channel: u32 = 0; channel < <u32>APPLICATION_CHANNELS; channel++) {
      const end = instance(i).end(channel);
      if (end.number != 0) end.pair.wakeUp();
    }
  }
}
