/**
 * The notation of the instruction table: each row is one line, in the manuals' words (SDM 2 3.1.1), in five columns.
 *
 *   'add r/m64, imm8 | MI | REX.W 83 /0 ibs | lock | w=oszapc'
 *    instruction       Op/En  opcode         attributes  flags
 *
 * Op/En has a letter for each operand: R is ModRM.reg, M is ModRM.rm, V is VEX.vvvv, O the low three bits of the opcode, I an immediate,
 * S a register in bits 7:4 of an immediate, D a displacement behind the opcode, and - what is not encoded.
 *
 * Opcode, in order:
 *   NP 66 F2 F3     the mandatory prefix; NP: none of 66, F2, F3; NFx: neither F2 nor F3. Without any of these such prefixes mean nothing.
 *   a16 a32 a64     address size
 *   o16 o32 REX.W   operand size; without one the row has a single size; o32 without a REX.W row beside it also takes REX.W
 *   d64 f64         only in 64-bit mode, where 64 bits is the size without REX.W; f64 ignores the prefix 66 (SDM 2 A.2.5)
 *   VEX.128.66.0F38.W0   as the manuals write it; L bits 128, 256, LZ, LIG; prefix; map; W0, W1, WIG
 *   0F 38 A7        map and opcode; a byte behind the opcode is a fixed ModRM. +rb +rw +rd +ro +i: the register is in the low bits
 *   /0 to /7, /r    ModRM, reg holding a digit or a register; /any: reg is ignored
 *   ib iw id io     immediates; ibs, ids are sign-extended to the operand size; cb cw cd cp: code offsets; mo: address; /is4
 *
 * Attributes: i64 invalid in 64-bit mode, o64 only there (which REX.W, d64, f64, a64, and W1 with 64-bit registers say already); lock, rep, repz: the prefixes it takes; not0: not with register 0 in +rd;
 * in capitals the CPUID feature, where there is one.
 *
 * Flags: r= tested, w= written by the result, 0= cleared, 1= set, u= left undefined; of o s z a p c d i t, and for x87 C0 to C3 as 4 5 6 7.
 */
import { type OperandKind, operandKind } from './operand-kind.ts';

export type MandatoryPrefix = 'any' | 'NP' | 'NFx' | 0x66 | 0xf2 | 0xf3;
export type OperandSize = 'any' | 'o16' | 'o32' | 'REX.W' | 'd64' | 'f64';
export type OpcodeMap = '1' | '0F' | '0F38' | '0F3A';

export interface Vex {
  /** undefined: LIG, ignored. */
  readonly length: 128 | 256 | undefined;
  /** VEX.pp: 0 none, 1 66, 2 F3, 3 F2. */
  readonly prefix: 0 | 1 | 2 | 3;
  /** undefined: WIG, ignored. */
  readonly w: 0 | 1 | undefined;
}

export interface ModRm {
  /** digit: reg is `value`. register: reg is an operand. any: reg is ignored. fixed: the whole byte is `value`, plus a register number for role O. */
  readonly type: 'digit' | 'register' | 'any' | 'fixed';
  readonly value: number;
}

/** A field behind opcode, ModRM and displacement. */
export interface TrailingField {
  readonly type: 'immediate' | 'relative' | 'far' | 'offset' | 'is4';
  /** In bytes; 0 for `offset`, which has the address size. */
  readonly bytes: number;
  readonly signExtended: boolean;
}

/** Flags by letter: `oszapc`, `d`, `i`, `t`. */
export interface FlagEffects {
  readonly tested: string;
  readonly written: string;
  readonly cleared: string;
  readonly set: string;
  readonly undefined: string;
}

export interface Row {
  /** Position in the table. */
  readonly index: number;
  /** The line itself. */
  readonly text: string;
  readonly mnemonic: string;
  readonly operands: readonly OperandKind[];
  /** Op/En: a letter for each operand. */
  readonly roles: string;
  readonly prefix: MandatoryPrefix;
  readonly addressSize: 0 | 16 | 32 | 64;
  readonly operandSize: OperandSize;
  readonly vex: Vex | undefined;
  readonly map: OpcodeMap;
  readonly opcode: number;
  /** True: the low three bits of the opcode, or of a fixed ModRM, are a register. */
  readonly plusRegister: boolean;
  readonly modRm: ModRm | undefined;
  readonly trailing: readonly TrailingField[];
  readonly modes: readonly (16 | 32 | 64)[];
  readonly lock: boolean;
  readonly repeat: 'none' | 'rep' | 'repz';
  /** The register in the opcode may not be number 0. */
  readonly notRegister0: boolean;
  /** CPUID feature, in the manuals' spelling. */
  readonly feature: string | undefined;
  readonly flags: FlagEffects;
}

/** The mnemonic of a line, for the type checker. */
export type MnemonicOf<Line extends string> = Line extends `${infer Name} far ${string}`
  ? `${Name} far`
  : Line extends `${infer Name} ${string}`
    ? Name
    : never;

const prefixBytes: Readonly<Record<string, MandatoryPrefix>> = { NP: 'NP', NFx: 'NFx', '66': 0x66, F2: 0xf2, F3: 0xf3 };
const vexPrefixes = ['', '66', 'F3', 'F2'];
const fields: Readonly<Record<string, TrailingField>> = {
  ib: { type: 'immediate', bytes: 1, signExtended: false },
  ibs: { type: 'immediate', bytes: 1, signExtended: true },
  iw: { type: 'immediate', bytes: 2, signExtended: false },
  id: { type: 'immediate', bytes: 4, signExtended: false },
  ids: { type: 'immediate', bytes: 4, signExtended: true },
  io: { type: 'immediate', bytes: 8, signExtended: false },
  cb: { type: 'relative', bytes: 1, signExtended: true },
  cw: { type: 'relative', bytes: 2, signExtended: true },
  cd: { type: 'relative', bytes: 4, signExtended: true },
  mo: { type: 'offset', bytes: 0, signExtended: false },
  '/is4': { type: 'is4', bytes: 1, signExtended: false },
};

/**
 * A function of text, computed once for each: thousands of lines consist of some hundred different words, and whoever starts the program waits for
 * all of them.
 */
function once<Result>(compute: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    let result = known.get(text);
    if (result === undefined) {
      result = compute(text);
      known.set(text, result);
    }
    return result;
  };
}

const operandsOf = once((text: string): readonly OperandKind[] =>
  text === '' ? [] : text.split(',').map((each) => operandKind(each.trim())),
);
const wordsOf = once((text: string): readonly string[] => text.split(' ').filter((each) => each !== ''));

export function mnemonicOf(text: string): string {
  const space = text.indexOf(' ');
  return text.slice(0, text.startsWith(' far ', space) ? space + FAR_LENGTH : space);
}

const FAR_LENGTH = ' far'.length;

/** Where the decoder looks for a row. */
export interface OpcodePlace {
  readonly vex: boolean;
  readonly map: OpcodeMap;
  readonly opcode: number;
  /** 8 where the low three bits of the opcode are a register. */
  readonly count: 1 | 8;
}

/** Map and opcode of a line: what `parseRow` would find, for a small part of what that takes. */
export function placeOf(text: string): OpcodePlace {
  const [, vexMap, escape = '', byte = '', plus] = place.exec(text) ?? [];
  const map = vexMap === undefined ? escape.replaceAll(' ', '') : vexMap;
  return {
    vex: vexMap !== undefined,
    map: map === '' ? '1' : (map as OpcodeMap),
    opcode: Number.parseInt(byte, 16),
    count: plus === undefined ? 1 : 8,
  };
}

/** Two columns, prefixes and sizes, VEX or the escape bytes, the opcode. */
const place =
  /^[^|]*\|[^|]*\| *(?:(?:NP|NFx|66|F2|F3|a16|a32|a64|o16|o32|REX\.W|d64|f64) )*(?:VEX\.\S*?\.(0F(?:38|3A)?)\.\S+ |(0F(?: 38| 3A)?) )?([0-9A-F]{2})(\+)?/;

/** Reads one line of the table. @throws Error naming the line when it is not in the notation. */
export function parseRow(text: string, index: number): Row {
  const columns = text.split('|');
  const roles = (columns[1] ?? '').trim();
  const mnemonic = mnemonicOf(text);
  const operands = operandsOf((columns[0] ?? '').slice(mnemonic.length).trim());
  if (operands.length !== roles.length) throw new Error(`Op/En does not match the operands: ${text}`);
  const attributes = wordsOf(columns[3] ?? '');
  const opcode = parseOpcode(text, wordsOf(columns[2] ?? ''), operands);
  const wide = opcode.vex?.w === 1 && operands.some((kind) => kind.registerClass === 'gpr' && kind.registerBits === 64);
  const sizeOnly64 = ['REX.W', 'd64', 'f64'].includes(opcode.operandSize) || opcode.addressSize === 64;
  const only64 = attributes.includes('o64') || wide || sizeOnly64;
  const not64 = attributes.includes('i64') || opcode.addressSize === 16;
  return {
    index,
    text,
    mnemonic,
    operands,
    roles,
    prefix: opcode.prefix,
    addressSize: opcode.addressSize,
    operandSize: opcode.operandSize,
    vex: opcode.vex,
    map: opcode.map,
    opcode: opcode.opcode,
    plusRegister: opcode.plusRegister,
    modRm: opcode.modRm,
    trailing: opcode.trailing,
    modes: only64 ? [64] : not64 ? [16, 32] : [16, 32, 64],
    lock: attributes.includes('lock'),
    repeat: attributes.includes('rep') ? 'rep' : attributes.includes('repz') ? 'repz' : 'none',
    notRegister0: attributes.includes('not0'),
    feature: attributes.find((each) => each === each.toUpperCase()),
    flags: parseFlags((columns[4] ?? '').trim()),
  };
}

type OpcodePart = Pick<
  Row,
  'prefix' | 'addressSize' | 'operandSize' | 'vex' | 'map' | 'opcode' | 'plusRegister' | 'modRm' | 'trailing'
>;

/** An opcode byte: `A7`, `B8+rd`. */
const byteOf = once((token: string): { readonly value: number } | null =>
  /^[0-9A-F]{2}(?:\+(?:r[bwdo]|i))?$/.test(token) ? { value: Number.parseInt(token, 16) } : null,
);
const addressSizes: Readonly<Record<string, Row['addressSize']>> = { a16: 16, a32: 32, a64: 64 };
const operandSizes: Readonly<Record<string, OperandSize>> = {
  o16: 'o16',
  o32: 'o32',
  'REX.W': 'REX.W',
  d64: 'd64',
  f64: 'f64',
};

function parseOpcode(text: string, tokens: readonly string[], operands: readonly OperandKind[]): OpcodePart {
  let prefix: MandatoryPrefix = 'any';
  let addressSize: Row['addressSize'] = 0;
  let operandSize: OperandSize = 'any';
  let vex: Vex | undefined;
  let map: OpcodeMap = '1';
  let opcode = -1;
  let plusRegister = false;
  let modRm: ModRm | undefined;
  const trailing: TrailingField[] = [];
  for (const [position, token] of tokens.entries()) {
    const field = fields[token];
    const byte = byteOf(token);
    if (opcode < 0 && map === '1' && vex === undefined && prefixBytes[token] !== undefined) prefix = prefixBytes[token];
    else if (addressSizes[token] !== undefined) addressSize = addressSizes[token];
    else if (operandSizes[token] !== undefined) operandSize = operandSizes[token];
    else if (token.startsWith('VEX.')) {
      vex = parseVex(token);
      map = token.includes('.0F38.') ? '0F38' : token.includes('.0F3A.') ? '0F3A' : '0F';
    } else if (opcode < 0 && vex === undefined && token === '0F' && map === '1') map = '0F';
    else if (
      opcode < 0 &&
      vex === undefined &&
      map === '0F' &&
      (token === '38' || token === '3A') &&
      tokens[position - 1] === '0F'
    ) {
      map = `0F${token}`;
    } else if (byte !== null && opcode < 0) {
      opcode = byte.value;
      plusRegister = token.includes('+');
    } else if (byte !== null) {
      modRm = { type: 'fixed', value: byte.value };
      plusRegister = token.includes('+');
    } else if (token === '/r') modRm = { type: 'register', value: 0 };
    else if (token === '/any') modRm = { type: 'any', value: 0 };
    else if (/^\/[0-7]$/.test(token)) modRm = { type: 'digit', value: Number(token.slice(1)) };
    else if (token === 'cp' || (token === 'cd' && operands[0]?.type === 'far')) {
      trailing.push({ type: 'far', bytes: token === 'cp' ? 6 : 4, signExtended: false });
    } else if (field !== undefined) trailing.push(field);
    else throw new Error(`Unknown token "${token}" in the opcode of: ${text}`);
  }
  if (opcode < 0) throw new Error(`No opcode in: ${text}`);
  return { prefix, addressSize, operandSize, vex, map, opcode, plusRegister, modRm, trailing };
}

const parseVex = once((token: string): Vex => {
  const parts = token.split('.').slice(1);
  const length = parts.includes('256') ? 256 : parts.includes('LIG') ? undefined : 128;
  const prefix = Math.max(0, ...parts.map((part) => vexPrefixes.indexOf(part))) as Vex['prefix'];
  const w = parts.includes('W1') ? 1 : parts.includes('W0') ? 0 : undefined;
  return { length, prefix, w };
});

const parseFlags = once((text: string): FlagEffects => {
  const of = (letter: string): string => new RegExp(`${letter}=(\\S+)`).exec(text)?.[1] ?? '';
  return { tested: of('r'), written: of('w'), cleared: of('0'), set: of('1'), undefined: of('u') };
});
