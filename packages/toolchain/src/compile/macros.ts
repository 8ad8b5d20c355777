/** Sequences with jumps of their own, expanded when registers are known. */
import { ds, es, mem, type Operand, type Register, rsp, ss } from '@drift-os/x86-core';
import { SELECTOR_CODE64, SELECTOR_DATA } from '@drift-os/abi/layout/trampoline';
import type { Expansion, MacroTarget } from './macro.ts';
import { addMemoryBase } from './memory-base.ts';
import { instanceMemory } from './routine.ts';
import { CC, type LirInstruction, RAX, RCX, RDI, RDX, RSI, R8 } from './lir.ts';
import { floatMacros } from './macros-float.ts';
import { physical } from './physical.ts';

const eax = physical(RAX, 32);
const rax = physical(RAX, 64);
const edx = physical(RDX, 32);
const rcx = physical(RCX, 64);
const rdi = physical(RDI, 64);
const rsi = physical(RSI, 64);
const r8 = physical(R8, 64);

export function expandMacro(emitter: MacroTarget, instruction: LirInstruction, operands: readonly Operand[]): void {
  const expansion = expansions[instruction.mnemonic];
  if (expansion === undefined) throw new Error(`no macro ${instruction.mnemonic}`);
  expansion(emitter, instruction, operands);
}

/** Old value to RAX; `and`, `or`, `xor` on memory by compare and exchange. */
const atomicLoop: Expansion = ({ code }, { mnemonic }, [memory, operand, scratch]) => {
  const target = memory as { bits: number };
  const bits = target.bits as 8 | 16 | 32 | 64;
  const wide = bits < 32 ? 32 : bits;
  const again = code.newLabel();
  const scratchRegister = scratch as Register;
  if (bits < 32) code.emit('movzx', eax, memory as Operand);
  else code.emit('mov', physical(RAX, bits), memory as Operand);
  code.bind(again);
  code.emit('mov', scratchRegister, physical(RAX, wide));
  code.emit(mnemonic.slice('atomic_'.length), scratchRegister, operand as Operand);
  code.emit('lock cmpxchg', memory as Operand, physical(scratchRegister.number, bits));
  code.jump(again, CC.ne);
};

/** Jumps to `label` when the condition does not hold. */
function unless(emitter: MacroTarget, condition: number, label: number): void {
  const { code } = emitter;
  if (condition === CC.equalOrdered) {
    code.jump(label, CC.ne);
    code.jump(label, CC.p);
  } else if (condition === CC.unequalOrUnordered) {
    const take = code.newLabel();
    code.jump(take, CC.ne);
    code.jump(label, CC.np);
    code.bind(take);
  } else code.jump(label, condition ^ 1);
}

function moveUnless(mnemonic: string): Expansion {
  return (emitter, { condition }, [target, source]) => {
    const skip = emitter.code.newLabel();
    unless(emitter, condition, skip);
    emitter.code.emit(mnemonic, target as Operand, source as Operand);
    emitter.code.bind(skip);
  };
}

/** SETcc on a register that is clear, then `unordered` instead where the parity flag says that an operand was NaN. */
function setWithParity(set: string, unordered: 0 | 1): Expansion {
  return ({ code }, _instruction, [target]) => {
    const { number } = target as Register;
    const ordered = code.newLabel();
    code.emit(set, physical(number, 8));
    code.jump(ordered, CC.np);
    code.emit('mov', physical(number, 32), unordered);
    code.bind(ordered);
  };
}

const expansions: Readonly<Record<string, Expansion>> = {
  ...floatMacros,
  /** Remainder in EDX; -1 as divisor gives 0 without dividing, since IDIV overflows for the least integer. */
  rem_s: (emitter, { trap }, [divisor]) => {
    const { code } = emitter;
    const { bits } = divisor as Register;
    const zero = code.newLabel();
    const done = code.newLabel();
    code.emit('cmp', divisor as Operand, -1);
    code.jump(zero, CC.e);
    code.emit(bits === 64 ? 'cqo' : 'cdq');
    emitter.trapHere(trap as string);
    code.emit('idiv', divisor as Operand);
    code.jump(done);
    code.bind(zero);
    code.emit('xor', edx, edx);
    code.bind(done);
  },
  atomic_and: atomicLoop,
  atomic_or: atomicLoop,
  atomic_xor: atomicLoop,
  select_integer: moveUnless('mov'),
  select_vector: moveUnless('movaps'),
  set_equal_ordered: setWithParity('sete', 0),
  set_unequal_or_unordered: setWithParity('setne', 1),

  read_flags: ({ code }, _instruction, [target]) => {
    code.emit('pushfq');
    code.emit('pop', target as Operand);
  },
  write_mxcsr: ({ code }, _instruction, [value]) => {
    code.emit('push', value as Operand);
    code.emit('ldmxcsr', mem({ base: rsp, bits: 32 }));
    code.emit('lea', rsp, mem({ base: rsp, displacement: 8 }));
  },
  frame_pointer: ({ code }, _instruction, [target]) => code.emit('mov', target as Operand, rsp),
  instruction_pointer: ({ code }, _instruction, [target]) => {
    code.emit('lea', target as Operand, mem({ base: 'rip' }));
  },
  /** Data segments, then CS by a far return to the next instruction. */
  reload_segments: ({ code }) => {
    code.emit('mov', eax, SELECTOR_DATA);
    for (const register of [ds, es, ss]) code.emit('mov', register, eax);
    code.emit('push', SELECTOR_CODE64);
    code.emit('lea', rax, mem({ base: 'rip', displacement: 3 }));
    code.emit('push', rax);
    code.emit('o64 retf');
  },

  /** RDI: destination, RSI: source, RCX: bytes. Backwards where the destination lies inside the source. */
  memory_copy: (emitter, { trap }) => {
    const { code } = emitter;
    if (trap !== undefined) {
      checkRange(emitter, trap, rdi, rax);
      checkRange(emitter, trap, rsi, rax);
    }
    addMemoryBase(emitter.context, code, rdi);
    addMemoryBase(emitter.context, code, rsi);
    const backwards = code.newLabel();
    const done = code.newLabel();
    code.emit('mov', rax, rdi);
    code.emit('sub', rax, rsi);
    code.emit('cmp', rax, rcx);
    code.jump(backwards, CC.b);
    code.emit('rep movsb');
    code.jump(done);
    code.bind(backwards);
    code.emit('lea', rdi, mem({ base: rdi, index: rcx, displacement: -1 }));
    code.emit('lea', rsi, mem({ base: rsi, index: rcx, displacement: -1 }));
    code.emit('std');
    code.emit('rep movsb');
    code.emit('cld');
    code.bind(done);
  },
  /** RDI: destination, AL: byte, RCX: bytes. */
  memory_fill: (emitter, { trap }) => {
    if (trap !== undefined) checkRange(emitter, trap, rdi, r8);
    addMemoryBase(emitter.context, emitter.code, rdi);
    emitter.code.emit('rep stosb');
  },
};

/** Traps unless `start` + RCX lies inside the memory. */
function checkRange(emitter: MacroTarget, reason: string, start: Register, scratch: Register): void {
  const { code, context } = emitter;
  const limit = context.memoryBytes;
  const record = context.layout.memory;
  if (context.module.memories[0]?.wide === true) {
    code.emit('mov', scratch, start);
    code.emit('add', scratch, rcx);
    code.jump(emitter.trapLabel(reason), CC.b);
  } else code.emit('lea', scratch, mem({ base: start, index: rcx }));
  if (record !== undefined) {
    code.emit('cmp', scratch, instanceMemory(context, record + 8, 64));
    code.jump(emitter.trapLabel(reason), CC.a);
  } else if (limit <= 0x7fffffff) {
    code.emit('cmp', scratch, limit);
    code.jump(emitter.trapLabel(reason), CC.a);
  } else {
    // Too much for a signed immediate: the last byte is compared, in units of a page.
    const empty = code.newLabel();
    code.emit('sub', scratch, 1);
    code.jump(empty, CC.b);
    code.emit('shr', scratch, 16);
    code.emit('cmp', scratch, limit / 65536);
    code.jump(emitter.trapLabel(reason), CC.ae);
    code.bind(empty);
  }
}
