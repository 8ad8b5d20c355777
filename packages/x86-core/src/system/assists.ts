/** Which function carries out which mnemonic that leaves for TypeScript. */
import type { Instruction } from '../decode/instruction.ts';
import * as control from './control-register.ts';
import { type Assist, type CoreContext, Segment } from './core-context.ts';
import { cpuid } from './cpuid.ts';
import { invalidOpcode } from './cpu-fault.ts';
import { readDebugRegister, writeDebugRegister } from './debug.ts';
import * as tables from './descriptor-registers.ts';
import { farCall } from './far-call.ts';
import { farJump } from './far-jump.ts';
import { farOperand, loadFarPointer } from './far-pointer.ts';
import { farReturn } from './far-return.ts';
import * as calls from './fast-system-call.ts';
import { enterNested } from './nested-frame.ts';
import { forbidden } from './interrupt-flag.ts';
import { interruptReturn } from './interrupt-return.ts';
import { moveMaskedElements } from './masked-move.ts';
import { moveToSegment, popSegment } from './move-segment.ts';
import { rdmsr, wrmsr } from './msr.ts';
import * as ports from './port-io.ts';
import { requirePrivilege } from './privilege.ts';
import * as query from './selector-query.ts';
import * as software from './software-interrupt.ts';
import * as state from './state-save.ts';
import * as time from './time-and-random.ts';
import { invlpg, invpcid } from './tlb-instructions.ts';
import * as wait from './wait.ts';

/** MOV leaves with a segment, control or debug register. */
function move(core: CoreContext, instruction: Instruction): void {
  const classes = instruction.operands.map((operand) =>
    typeof operand === 'object' && operand.kind === 'register' ? operand.class : undefined,
  );
  if (classes[0] === 'segment') moveToSegment(core, instruction);
  else if (classes[0] === 'control') control.writeControlRegister(core, instruction);
  else if (classes[1] === 'control') control.readControlRegister(core, instruction);
  else if (classes[0] === 'debug') writeDebugRegister(core, instruction);
  else if (classes[1] === 'debug') readDebugRegister(core, instruction);
  else throw new Error(`No assist for ${instruction.row.text}`);
}

function operandBytes(instruction: Instruction): 2 | 4 | 8 {
  return (instruction.operandSize / 8) as 2 | 4 | 8;
}

function returnFar(core: CoreContext, instruction: Instruction): void {
  farReturn(core, operandBytes(instruction), Number(instruction.operands[0] ?? 0) & 0xffff);
}

function jumpFar(core: CoreContext, instruction: Instruction): void {
  const { selector, offset } = farOperand(core, instruction, 0);
  farJump(core, selector, offset);
}

function callFar(core: CoreContext, instruction: Instruction): void {
  const { selector, offset } = farOperand(core, instruction, 0);
  farCall(core, selector, offset, operandBytes(instruction));
}

/** Caches need no flushing here. */
const flushCaches: Assist = (core) => requirePrivilege(core);

/** There is no system-management mode. */
const undefinedInstruction: Assist = () => {
  throw invalidOpcode();
};

export const assists: ReadonlyMap<string, Assist> = new Map<string, Assist>([
  ['mov', move],
  ['pop', popSegment],
  ['lds', (core, instruction) => loadFarPointer(core, instruction, Segment.ds)],
  ['les', (core, instruction) => loadFarPointer(core, instruction, Segment.es)],
  ['lfs', (core, instruction) => loadFarPointer(core, instruction, Segment.fs)],
  ['lgs', (core, instruction) => loadFarPointer(core, instruction, Segment.gs)],
  ['lss', (core, instruction) => loadFarPointer(core, instruction, Segment.ss)],
  ['lgdt', (core, instruction) => void (core.gdtr = tables.loadTableRegister(core, instruction))],
  ['lidt', (core, instruction) => void (core.idtr = tables.loadTableRegister(core, instruction))],
  ['sgdt', (core, instruction) => tables.storeTableRegister(core, instruction, core.gdtr)],
  ['sidt', (core, instruction) => tables.storeTableRegister(core, instruction, core.idtr)],
  ['sldt', (core, instruction) => tables.storeSelector(core, instruction, core.segment(Segment.ldtr).selector)],
  ['str', (core, instruction) => tables.storeSelector(core, instruction, core.segment(Segment.tr).selector)],
  ['lldt', tables.lldt],
  ['ltr', tables.ltr],
  ['lar', query.lar],
  ['lsl', query.lsl],
  ['verr', query.verr],
  ['verw', query.verw],
  ['arpl', query.arpl],
  ['lmsw', control.lmsw],
  ['smsw', control.smsw],
  ['clts', control.clts],
  ['xgetbv', control.xgetbv],
  ['xsetbv', control.xsetbv],
  ['rdpkru', control.rdpkru],
  ['wrpkru', control.wrpkru],
  ['clac', (core) => control.setAlignmentCheck(core, false)],
  ['stac', (core) => control.setAlignmentCheck(core, true)],
  ['vmaskmovps', moveMaskedElements],
  ['vmaskmovpd', moveMaskedElements],
  ['vpmaskmovd', moveMaskedElements],
  ['vpmaskmovq', moveMaskedElements],
  ['rdmsr', rdmsr],
  ['wrmsr', wrmsr],
  ['cpuid', cpuid],
  ['rdtsc', time.rdtsc],
  ['rdtscp', time.rdtscp],
  ['rdpid', time.rdpid],
  ['rdpmc', time.rdpmc],
  ['rdrand', time.random],
  ['rdseed', time.random],
  ['invd', flushCaches],
  ['wbinvd', flushCaches],
  ['wbnoinvd', flushCaches],
  ['invlpg', invlpg],
  ['invpcid', invpcid],
  ['cli', forbidden],
  ['sti', forbidden],
  ['pushf', forbidden],
  ['pushfd', forbidden],
  ['popf', forbidden],
  ['popfd', forbidden],
  ['enter', enterNested],
  ['hlt', wait.halt],
  ['monitor', wait.monitor],
  ['mwait', wait.mwait],
  ['umonitor', wait.userMonitor],
  ['umwait', wait.userWait],
  ['tpause', wait.userWait],
  ['rsm', undefinedInstruction],
  ['swapgs', calls.swapgs],
  ['syscall', calls.syscall],
  ['sysret', (core) => calls.sysret(core, false)],
  ['sysretq', (core) => calls.sysret(core, true)],
  ['sysenter', calls.sysenter],
  ['sysexit', (core) => calls.sysexit(core, false)],
  ['sysexitq', (core) => calls.sysexit(core, true)],
  ['rdfsbase', (core, instruction) => calls.readSegmentBase(core, instruction, Segment.fs)],
  ['rdgsbase', (core, instruction) => calls.readSegmentBase(core, instruction, Segment.gs)],
  ['wrfsbase', (core, instruction) => calls.moveToSegmentBase(core, instruction, Segment.fs)],
  ['wrgsbase', (core, instruction) => calls.moveToSegmentBase(core, instruction, Segment.gs)],
  ['jmp far', jumpFar],
  ['call far', callFar],
  ['retf', returnFar],
  ['iret', (core) => interruptReturn(core, 2)],
  ['iretd', (core) => interruptReturn(core, 4)],
  ['iretq', (core) => interruptReturn(core, 8)],
  ['int', (core, instruction) => software.interrupt(core, Number(instruction.operands[0]) & 0xff)],
  ['int3', software.breakpoint],
  ['into', software.overflow],
  ['int1', software.debugTrap],
  ['in', ports.input],
  ['out', ports.output],
  ['insb', (core, instruction) => ports.inputString(core, instruction, 1)],
  ['insw', (core, instruction) => ports.inputString(core, instruction, 2)],
  ['insd', (core, instruction) => ports.inputString(core, instruction, 4)],
  ['outsb', (core, instruction) => ports.outputString(core, instruction, 1)],
  ['outsw', (core, instruction) => ports.outputString(core, instruction, 2)],
  ['outsd', (core, instruction) => ports.outputString(core, instruction, 4)],
  ['fxsave', state.fxsave],
  ['fxsave64', state.fxsave],
  ['fxrstor', state.fxrstor],
  ['fxrstor64', state.fxrstor],
  ['xsave', (core, instruction) => state.xsave(core, instruction, 'standard')],
  ['xsave64', (core, instruction) => state.xsave(core, instruction, 'standard')],
  ['xsaveopt', (core, instruction) => state.xsave(core, instruction, 'optimized')],
  ['xsaveopt64', (core, instruction) => state.xsave(core, instruction, 'optimized')],
  ['xsavec', (core, instruction) => state.xsave(core, instruction, 'compacted')],
  ['xsavec64', (core, instruction) => state.xsave(core, instruction, 'compacted')],
  ['xrstor', state.xrstor],
  ['xrstor64', state.xrstor],
]);
