/** Thread/W: one per logical core other than the first. The boot order, and the loop. Interrupts are off throughout. */
import { hlt } from '@drift-os/abi/assembly/generated/cpu';
import { STAGE_BUSY, WORKER_RUNNING, WORKER_STOPPED } from '@drift-os/abi/layout/worker-block';
import { endTurn, enterStage, startClock } from './clock';
import { announce, attachControl, controlClosed } from './control';
import { handleControl, sayHello } from './dispatch';
import { standOff } from './idle';
import { instance } from './instance';
import { driveInstance, stopInstance } from './lifecycle';
import { StandOff } from './stand-off';
import { enableVectors } from './vectors';
import { waitFeatures } from './waiting';
import {
  doorbell,
  flush,
  flushIsDue,
  INSTANCES,
  setFeatures,
  setState,
  standOffState,
  stopRequested,
  takeBlock,
} from './worker';

export { abandon, serve } from './serve';

/** WORKER_FEATURE_* of this core. */
let features: u32 = 0;

/** Entry of the core, with its own stack, GS based on the globals, and the page tables of Thread/C. Does not return. */
export function kmain(workerBlock: usize): void {
  if (begin(workerBlock)) {
    while (turn()) {}
  }
  finish();
  for (;;) hlt();
}

/** Everything before the loop. False: the block names no rings. */
export function begin(workerBlock: usize): bool {
  takeBlock(workerBlock);
  features = enableVectors() | waitFeatures();
  setFeatures(features);
  if (!attachControl()) return false;
  changetype<StandOff>(standOffState()).reset();
  startClock();
  sayHello(features);
  announce();
  setState(WORKER_RUNNING);
  return true;
}

/** One turn of the loop. False: it is over. */
export function turn(): bool {
  const bell = doorbell();
  if (flushIsDue()) flush();
  if (stopRequested() || controlClosed()) return false;

  let worked: bool = handleControl();
  for (let i: u32 = 0; i < INSTANCES; i++) {
    if (instance(i).number != 0 && driveInstance(instance(i))) worked = true;
  }
  announce();

  if (worked) {
    changetype<StandOff>(standOffState()).reset();
    enterStage(STAGE_BUSY);
    endTurn(STAGE_BUSY);
  } else {
    endTurn(standOff(features, bell));
  }
  return true;
}

/** Ends every instance in good order, and the worker. */
export function finish(): void {
  for (let i: u32 = 0; i < INSTANCES; i++) {
    if (instance(i).number == 0) continue;
    stopInstance(instance(i));
    driveInstance(instance(i));
  }
  announce();
  setState(WORKER_STOPPED);
}
