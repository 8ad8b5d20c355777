/** What the state says of the host's arithmetic, as MXCSR is now. Its twin for programs that run is setMxcsr in assembly/float/sse.ts. */
import { BIAS32, BIAS64, LIMIT32, LIMIT64, NO_LIMIT } from './range.ts';
import { SSE_RANGE32, SSE_RANGE64, SSE_SLOW } from './state.ts';

/** Rounding to nearest, all exceptions masked, and inexact set already. */
function isHosts(mxcsr: number): boolean {
  return (mxcsr & 0x7fa0) === 0x1fa0;
}

/** @param core address of the core's state */
export function writeFloatMode(view: DataView, core: number, mxcsr: number): void {
  const fast = isHosts(mxcsr);
  view.setUint32(core + SSE_SLOW, fast ? 0 : 1, true);
  for (let lane = 0; lane < 16; lane += 4) {
    view.setInt32(core + SSE_RANGE32 + lane, BIAS32, true);
    view.setInt32(core + SSE_RANGE32 + 16 + lane, fast ? LIMIT32 : NO_LIMIT, true);
    view.setInt32(core + SSE_RANGE64 + lane, BIAS64, true);
    view.setInt32(core + SSE_RANGE64 + 16 + lane, fast ? LIMIT64 : NO_LIMIT, true);
  }
}
