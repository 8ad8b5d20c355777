/** The vectors of a row in a mode: code and inputs. */
import { CodeBuffer, EncodeError, emitForm, type Mode, prepareForm, type Row } from '@drift-os/x86-core';
import { RFLAGS, STATE_BYTES } from '@drift-os/x86-vectors';
import { BASES } from './bases.ts';
import { Draft } from './draft.ts';
import { chooseOperands } from './operands.ts';
import { Random } from './random.ts';
import { place, placeCode, placeMxcsr, placeSegments, placeX87, randomFlags } from './surroundings.ts';

export interface Candidate {
  readonly base: number;
  readonly code: Uint8Array;
  readonly state: Uint8Array;
}

/** The name of a row in the vectors: its instruction and opcode columns. */
export function rowName(row: Row): string {
  const [instruction = '', , opcode = ''] = row.text.split('|').map((column) => column.trim().replace(/ +/g, ' '));
  return `${instruction} | ${opcode}`;
}

const isFloat = (row: Row): boolean =>
  /(ps|pd|ss|sd)$|cvt|^f/.test(row.mnemonic) && row.feature !== undefined && row.feature !== 'CMOV';

/** How many vectors a row has: few where the other modes differ in nothing but addresses. */
export function wanted(row: Row, mode: Mode): number {
  const { feature } = row;
  const general = feature === undefined || feature === 'CMOV' || feature === 'CX8';
  if (mode === 64) return feature === 'FPU' ? 96 : isFloat(row) ? 64 : 48;
  if (general) return mode === 32 ? 24 : 16;
  return mode === 32 ? 8 : 4;
}

export function generate(row: Row, mode: Mode, bases: readonly Uint8Array[]): Candidate[] {
  const candidates: Candidate[] = [];
  const count = wanted(row, mode);
  for (let attempt = 0; candidates.length < count && attempt < 8 * count; attempt++) {
    const candidate = attemptOne(row, mode, bases, new Random(`${rowName(row)} ${mode} ${attempt}`));
    if (candidate !== undefined) candidates.push(candidate);
  }
  return candidates;
}

function attemptOne(row: Row, mode: Mode, bases: readonly Uint8Array[], random: Random): Candidate | undefined {
  const base = random.below(BASES);
  const state = new Uint8Array(STATE_BYTES);
  state.set(bases[base] as Uint8Array);
  const draft = new Draft(mode, random, base, state);
  randomFlags(draft, row);
  placeCode(draft);
  placeSegments(draft);
  if (
    row.feature === 'FPU' ||
    row.mnemonic.startsWith('fisttp') ||
    row.feature === 'FXSR' ||
    row.feature === 'XSAVE' ||
    row.operands.some(({ registerClass }) => registerClass === 'mmx') ||
    random.percent(2)
  )
    placeX87(draft);
  if (isFloat(row) || random.percent(2)) placeMxcsr(draft);
  const repeat =
    row.repeat === 'none' || random.percent(40) ? 0 : row.repeat === 'rep' ? 0xf3 : random.pick([0xf2, 0xf3]);
  const counted = row.repeat !== 'none' || /^xlat|maskmov(q|dqu)$/.test(row.mnemonic);
  const narrow = counted && random.percent(12);
  const addressBits = row.addressSize !== 0 ? row.addressSize : narrow ? (mode === 32 ? 16 : 32) : mode;
  if (counted && addressBits === 16 && mode === 32) {
    for (const segment of [0, 3]) draft.setSelector(segment, 0x0f);
  }
  place(draft, row, addressBits, operandBytes(row, mode), repeat !== 0);
  const chosen = chooseOperands(draft, row);
  if (chosen === undefined) return undefined;
  const lock = row.lock && chosen.hasMemory ? random.percent(25) : random.percent(row.vex === undefined ? 2 : 0);
  const prepared = prepareForm(row, mode, lock ? 0xf0 : repeat);
  if (prepared === undefined) return undefined;
  const form = narrow && row.addressSize === 0 ? { ...prepared, prefix67: true } : prepared;
  try {
    const encode = (length: number): Uint8Array => {
      const out = new CodeBuffer(32);
      const [a, b, c, d] = chosen.operands(length);
      emitForm(out, form, a, b, c, d);
      return out.toBytes();
    };
    const code = encode(encode(0).length);
    if (code.length > 15) return undefined;
    // A misaligned frame of the capture program is not what AC is about.
    if (!chosen.hasMemory && row.operands.length === 0 && random.percent(50))
      draft.view.setUint32(RFLAGS, draft.flags & ~0x4_0000, true);
    return { base, code, state };
  } catch (error) {
    if (error instanceof EncodeError) return undefined;
    throw error;
  }
}

function operandBytes(row: Row, mode: Mode): number {
  switch (row.operandSize) {
    case 'o16':
      return 2;
    case 'o32':
      return 4;
    case 'any':
      return mode === 16 ? 2 : mode === 32 ? 4 : 8;
    default:
      return 8;
  }
}
