/** Where a branch goes: JUMPS, looked up by handlers and regions alike. */
import type { FunctionBody } from '../wasm/function-body.ts';
import { JUMP_ENTRIES, JUMPS, JUMPS_KEY } from './state.ts';

/** Returns the record that JUMPS has for the RIP in a local, if it is valid in the present mapping and mode. `place`: a local to use. */
export function lookUpJump(body: FunctionBody, core: number, rip: number, place: number): void {
  body.get(rip);
  body.operator('i32.wrap_i64');
  body.i32(JUMP_ENTRIES - 1);
  body.operator('i32.and');
  body.i32(4);
  body.operator('i32.shl');
  body.get(core);
  body.operator('i32.add');
  body.tee(place);
  body.load(64, JUMPS);
  body.get(rip);
  body.operator('i64.eq');
  body.get(place);
  body.load32(JUMPS + 12);
  body.get(core);
  body.load32(JUMPS_KEY);
  body.operator('i32.eq');
  body.operator('i32.and');
  body.if();
  body.get(place);
  body.load32(JUMPS + 8);
  body.return();
  body.end();
}
