/** IRET, IRETD, IRETQ in all modes (SDM 2 IRET). */
import { checkOffset, type CodeTarget, enterRealCode } from './code-segment.ts';
import { type CoreContext, Segment, type SegmentNumber } from './core-context.ts';
import { generalProtection, invalidTss, notPresent } from './cpu-fault.ts';
import { isPresent, isSegment, realModeSegment, SystemType, typeOf } from './descriptor.ts';
import { errorOf, readDescriptor } from './descriptor-table.ts';
import { enterOuter, outerStackSegment, returnTarget } from './far-return.ts';
import { enterCode } from './code-segment.ts';
import { is64Bit, iopl, isLongMode, isRealMode, isVirtual8086 } from './mode.ts';
import { writeRegister } from './operand.ts';
import { Rflags, RFLAGS_DEFINED } from './register-bits.ts';
import { Stack } from './stack.ts';
import { switchTask } from './task-switch.ts';

const RSP = 4;

const STATUS =
  Rflags.cf | Rflags.pf | Rflags.af | Rflags.zf | Rflags.sf | Rflags.of | Rflags.tf | Rflags.df | Rflags.nt;

/** `bytes` is the operand size. */
export function interruptReturn(core: CoreContext, bytes: 2 | 4 | 8): void {
  if (isVirtual8086(core) && iopl(core) !== 3) throw generalProtection();
  // The processor takes NMIs again even where IRET fails.
  core.system.nmiBlocked = false;
  if (core.returnUsual(bytes)) return;
  if (isRealMode(core) || isVirtual8086(core)) returnReal(core, bytes);
  else if ((core.rflags & Rflags.nt) !== 0) returnFromTask(core);
  else returnProtected(core, bytes);
}

/** The flags that IRET may change. */
function writableFlags(core: CoreContext, bytes: 2 | 4 | 8): number {
  let mask = STATUS;
  if (bytes !== 2) mask |= Rflags.rf | Rflags.ac | Rflags.id;
  if (isRealMode(core) || core.cpl === 0) {
    mask |= Rflags.iopl | Rflags.if;
    if (bytes !== 2 && !isRealMode(core)) mask |= Rflags.vif | Rflags.vip;
  } else if (core.cpl <= iopl(core)) mask |= Rflags.if;
  return mask;
}

function writeFlags(core: CoreContext, value: bigint, mask: number): void {
  core.rflags = (core.rflags & ~mask) | (Number(value & BigInt(RFLAGS_DEFINED)) & mask) | Rflags.fixed;
}

function returnReal(core: CoreContext, bytes: 2 | 4 | 8): void {
  const stack = Stack.current(core);
  const offset = stack.pop(bytes);
  const selector = Number(stack.pop(bytes) & 0xffffn);
  const flags = stack.pop(bytes);
  const mask = writableFlags(core, bytes);
  enterRealCode(core, selector, offset);
  stack.commit();
  writeFlags(core, flags, mask);
}

/** NT is set: the task that was interrupted or called from goes on. There is no such thing in long mode. */
function returnFromTask(core: CoreContext): void {
  if (isLongMode(core)) throw generalProtection();
  const selector = Number(core.read(core.segment(Segment.tr).base, 2, 'system'));
  const code = errorOf(selector);
  if ((selector & 4) !== 0) throw invalidTss(code);
  const descriptor = readDescriptor(core, selector, invalidTss);
  const type = typeOf(descriptor);
  const busy = type === SystemType.tss16Busy || type === SystemType.tss32Busy;
  if (isSegment(descriptor) || !busy) throw invalidTss(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  switchTask(core, selector, descriptor, 'return');
}

function returnProtected(core: CoreContext, bytes: 2 | 4 | 8): void {
  const stack = Stack.current(core);
  // The flags are read first: where several fault, their page is the one that is told.
  const flags = stack.peek(bytes, 2 * bytes);
  const selector = Number(stack.peek(bytes, bytes) & 0xffffn);
  const offset = stack.pop(bytes);
  stack.skip(2 * bytes);
  if (bytes === 4 && core.cpl === 0 && !isLongMode(core) && (Number(flags & 0xffff_ffffn) & Rflags.vm) !== 0) {
    returnToVirtual8086(core, stack, offset, selector, flags);
    return;
  }
  const target = returnTarget(core, selector, offset);
  const mask = writableFlags(core, bytes);
  if ((selector & 3) === core.cpl && !is64Bit(core)) {
    checkOffset(core, target.descriptor, target.offset);
    enterCode(core, target, core.cpl);
    stack.commit();
  } else {
    const pointer = stack.pop(bytes);
    leaveForOuter(core, target, pointer, stack.pop(bytes));
  }
  writeFlags(core, flags, mask);
}

function leaveForOuter(core: CoreContext, target: CodeTarget, pointer: bigint, selector: bigint): void {
  const segment = outerStackSegment(core, Number(selector & 0xffffn), target);
  checkOffset(core, target.descriptor, target.offset);
  enterOuter(core, target, segment, pointer);
}

function returnToVirtual8086(core: CoreContext, stack: Stack, offset: bigint, code: number, flags: bigint): void {
  const pointer = stack.pop(4);
  const order: readonly SegmentNumber[] = [Segment.ss, Segment.es, Segment.ds, Segment.fs, Segment.gs];
  const selectors = order.map((number) => ({ number, selector: Number(stack.pop(4) & 0xffffn) }));
  if (offset > 0xffffn) throw generalProtection();
  core.rflags = Number(flags & BigInt(RFLAGS_DEFINED)) | Rflags.fixed;
  for (const { number, selector } of [...selectors, { number: Segment.cs, selector: code }]) {
    core.setSegment(number, realModeSegment(selector, 3));
  }
  core.cpl = 3;
  core.rip = offset;
  writeRegister(core, RSP, 32, pointer);
}
