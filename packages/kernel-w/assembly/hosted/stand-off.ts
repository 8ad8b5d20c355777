/** The stand-off as a module of its own, for programs on the host (src/stand-off.ts). `state` is the address of two zeroed words. */
import { StandOff } from '../stand-off';

export function reset(state: usize): void {
  changetype<StandOff>(state).reset();
}

export function next(state: usize, configuration: usize, mwaitOffered: bool): u32 {
  return changetype<StandOff>(state).next(configuration, mwaitOffered);
}

export function takePauses(state: usize, configuration: usize): u32 {
  return changetype<StandOff>(state).takePauses(configuration);
}
