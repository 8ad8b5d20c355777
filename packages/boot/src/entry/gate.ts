/**
 * The gate between kernel-w and an application: `gate.enter` calls it, `gate.leave` abandons it from any depth (a failed `new`,
 * `quit`) without losing the worker, as setjmp and longjmp would.
 */
import { type Assembler, mem64, r12, r13, r14, r15, rax, rbp, rbx, rdi, rdx, rsi, rsp } from '@drift-os/toolchain';

/** What a function of the System V ABI keeps (3.2.1), in the order it is pushed. */
const CALLEE_SAVED = [rbx, rbp, r12, r13, r14, r15];

/**
 * `gate.enter(entry, a, save)`: stores where to come back to at `save` (8 bytes), calls `entry(a)`, returns what it returns.
 * `gate.leave(save, result)`: returns from that `gate.enter` with `result`. The frames in between are gone.
 */
export function emitGate(a: Assembler): void {
  a.section('text').align(16).label('gate.enter', 'function').global('gate.enter');
  for (const register of CALLEE_SAVED) a.emit('push', register);
  // The return address and six registers are 56 bytes: 8 more keep rsp at a multiple of 16 for the call.
  a.emit('push', rdx).emit('mov', mem64(rdx), rsp);
  a.emit('mov', rax, rdi).emit('mov', rdi, rsi).emit('call', rax);
  a.label('gate.return').emit('pop', rdx);
  for (const register of CALLEE_SAVED.toReversed()) a.emit('pop', register);
  a.emit('ret');

  a.align(16).label('gate.leave', 'function').global('gate.leave');
  a.emit('mov', rsp, mem64(rdi)).emit('mov', rax, rsi).emit('jmp', a.ref('gate.return'));
}
