/** Instructions on RFLAGS: SDM 1 7.3.13. Whatever may let an interrupt in, start single-stepping or depend on VME is TypeScript's. */
import { carryFlag } from '../flags.ts';
import type { Value } from '../language.ts';
import type { MeaningBuilder } from '../meaning-builder.ts';
import * as v from '../integer.ts';
import { CPL, RFLAGS_SYSTEM } from '../state.ts';
import { type Definition, RAX } from './definition.ts';
import { setCarry } from './status-flags.ts';

const STATUS = 0x8d5;
/** CF, PF, AF, ZF, SF. */
const LOW_STATUS = 0xd5;
const TF = 0x100;
const IF = 0x200;
const DF = 0x400;
const IOPL = 0x3000;
const IOPL_SHIFT = 12;
const NT = 0x4000;
const RF = 0x1_0000;
const VM = 0x2_0000;
const AC = 0x4_0000;
const ID = 0x20_0000;

function direction(value: 1 | -1): Definition {
  return (m) => m.setDirection(value);
}

function carry(of: (m: MeaningBuilder) => Value): Definition {
  return (m) => setCarry(m, of(m));
}

function lahf(m: MeaningBuilder): void {
  const flags = m.rflags();
  const rest = v.and(m.gpr(RAX, 16), 0xff);
  m.setGpr(RAX, 16, m.let(v.or(rest, v.shiftLeft(v.or(v.and(flags, LOW_STATUS), 2), 8))));
}

function sahf(m: MeaningBuilder): void {
  m.setRflags(m.let(v.shiftRight(m.gpr(RAX, 16), 8)), BigInt(LOW_STATUS));
}

/** AL becomes 0xff where CF is set, else 0 (SDM does not have it; AMD and Intel do it). */
function salc(m: MeaningBuilder): void {
  m.setGpr(RAX, 8, m.let(v.and(v.sub(64, v.constant(0), carryFlag()), 0xff)));
}

function systemFlags(m: MeaningBuilder): { flags: Value; iopl: Value; cpl: Value } {
  const flags = m.let(m.stateLoad(RFLAGS_SYSTEM, 32));
  const iopl = m.let(v.and(v.shiftRight(flags, IOPL_SHIFT), 3));
  return { flags, iopl, cpl: m.let(m.stateLoad(CPL, 32)) };
}

/** In virtual-8086 mode with IOPL below 3. */
function isRestricted(flags: Value, iopl: Value): Value {
  return v.both(v.different(v.and(flags, VM), 0), v.below(iopl, 3));
}

/** VM and RF are pushed as 0. */
function pushFlags(bits: 16 | 32 | 64): Definition {
  return (m) => {
    const { flags, iopl } = systemFlags(m);
    m.if(isRestricted(flags, iopl), () => m.assist());
    m.push(m.let(v.and(m.rflags(), bits === 16 ? 0xffff : ~(VM | RF))), bits);
  };
}

/** IOPL changes at CPL 0 only, and IF where CPL is at most IOPL; else they stay without a fault (SDM 2 POPF). RF is cleared. */
function popFlags(bits: 16 | 32 | 64): Definition {
  return (m) => {
    const { flags, iopl, cpl } = systemFlags(m);
    m.if(isRestricted(flags, iopl), () => m.assist());
    const always = STATUS | TF | DF | NT | (bits === 16 ? 0 : AC | ID | RF);
    const interruptFlag = v.select(v.operation('i64.le_u', cpl, iopl), v.constant(IF), v.constant(0));
    const level = v.select(v.equal(cpl, 0), v.constant(IOPL), v.constant(0));
    const mask = m.let(v.or(v.or(interruptFlag, level), always));
    const popped = m.pop(bits);
    m.setRflags(m.let(v.and(popped, ~RF)), mask);
  };
}

/** Needs CPL at most IOPL; virtual interrupt flags (SDM 3B 20.3, 20.4) are TypeScript's. */
function cli(m: MeaningBuilder): void {
  const { flags, iopl, cpl } = systemFlags(m);
  m.if(v.operation('i64.gt_u', cpl, iopl), () => m.assist());
  m.stateStore(RFLAGS_SYSTEM, 32, v.and(flags, ~IF));
}

/** Where IF was clear, an interrupt comes behind the next instruction at the earliest. */
function sti(m: MeaningBuilder): void {
  const { flags, iopl, cpl } = systemFlags(m);
  m.if(v.operation('i64.gt_u', cpl, iopl), () => m.assist());
  m.if(v.equal(v.and(flags, IF), 0), () => m.inhibitInterrupts());
  m.setRflags(v.constant(IF), BigInt(IF));
}

export const flagControlDefinitions: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  ['pushf', pushFlags(16)],
  ['pushfd', pushFlags(32)],
  ['pushfq', pushFlags(64)],
  ['popf', popFlags(16)],
  ['popfd', popFlags(32)],
  ['popfq', popFlags(64)],
  ['cli', cli],
  ['sti', sti],
  ['cld', direction(1)],
  ['std', direction(-1)],
  ['clc', carry(() => v.constant(0))],
  ['stc', carry(() => v.constant(1))],
  ['cmc', carry((m) => m.let(v.xor(carryFlag(), 1)))],
  ['lahf', lahf],
  ['sahf', sahf],
  ['salc', salc],
]);
