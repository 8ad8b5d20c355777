/** Operands for a row, chosen at random, with the registers and the memory that they name. */
import {
  control,
  debug,
  far,
  gpr8,
  gpr16,
  gpr32,
  gpr64,
  gprHigh,
  mem,
  mmx,
  type Operand,
  type OperandKind,
  type Register,
  type Row,
  segments,
  type TrailingField,
  x87,
  xmm,
  ymm,
} from '@drift-os/x86-core';
import { type AccessShape, type Placed, pickAddress, placeGather, placeMemory } from './address.ts';
import { type Draft, DS, RAX, RSP } from './draft.ts';
import { branchSelector, branchTarget, someSelectors } from './surroundings.ts';
import { type Element, element, elementBytes, integer, lanes, toBytes } from './values.ts';

const banks: Readonly<Record<string, readonly Register[]>> = {
  gpr8,
  gpr16,
  gpr32,
  gpr64,
  segment16: segments,
  control64: control,
  debug64: debug,
  x8780: x87,
  mmx64: mmx,
  xmm128: xmm,
  ymm256: ymm,
};

/** What the bits of a row's vector and memory operands are. */
export function elementOf(draft: Draft, row: Row): Element {
  const { mnemonic } = row;
  const notation = row.operands.find(({ memory }) => memory)?.notation ?? '';
  if (row.feature === 'FPU' || mnemonic.startsWith('fisttp')) {
    const types: Readonly<Record<string, Element>> = {
      m32fp: 'f32',
      m64fp: 'f64',
      m80fp: 'f80',
      m80bcd: 'bcd',
      m16int: 'int16',
      m32int: 'int32',
      m64int: 'int64',
    };
    return types[notation] ?? 'int16';
  }
  const from = /cvtt?(ps|pd|ss|sd|dq|pi|si|ph)2/.exec(mnemonic)?.[1] ?? /(ps|pd|ss|sd)$/.exec(mnemonic)?.[1];
  const isVector = row.operands.some(
    ({ registerClass }) => registerClass === 'xmm' || registerClass === 'ymm' || registerClass === 'mmx',
  );
  if (isVector && from !== undefined) {
    if (from === 'ps' || from === 'ss') return 'f32';
    if (from === 'pd' || from === 'sd') return 'f64';
    return from === 'ph' ? 'f16' : 'int32';
  }
  return draft.random.pick(['int8', 'int16', 'int32', 'int64']);
}

/** Bytes that an operand without a size of its own reads or writes. */
const areas: Readonly<Record<string, AccessShape>> = {
  fxsave: { bytes: 512, alignment: 16 },
  fxrstor: { bytes: 512, alignment: 16 },
  xsave: { bytes: 832, alignment: 64 },
  xrstor: { bytes: 832, alignment: 64 },
  m14byte: { bytes: 14, alignment: 1 },
  m28byte: { bytes: 28, alignment: 1 },
  m94byte: { bytes: 94, alignment: 1 },
  m108byte: { bytes: 108, alignment: 1 },
};

function accessOf(row: Row, kind: OperandKind): AccessShape {
  const area = areas[kind.notation] ?? areas[row.mnemonic.replace(/64$|opt|c$|s$|opt64$/g, '')];
  if (area !== undefined) return area;
  if (row.mnemonic.startsWith('x') && kind.notation === 'm') return areas['xsave'] as AccessShape;
  const bytes = kind.memoryBits === 0 ? (kind.notation.startsWith('m16&') ? 10 : 1) : kind.memoryBits / 8;
  return { bytes, alignment: bytes >= 16 ? bytes : 1 };
}

export interface ChosenOperands {
  readonly operands: (length: number) => Operand[];
  readonly hasMemory: boolean;
}

/** @returns undefined when this attempt led to nothing that can be encoded. */
export function chooseOperands(draft: Draft, row: Row): ChosenOperands | undefined {
  const { random } = draft;
  const type = elementOf(draft, row);
  const makers: ((length: number) => Operand)[] = [];
  const vectors: number[] = [];
  const order = row.operands
    .map((_, index) => index)
    .toSorted((a, b) => Number(row.operands[b]?.memory) - Number(row.operands[a]?.memory));
  let hasMemory = false;
  let lastBytes: Uint8Array | undefined;
  for (const position of order) {
    const kind = row.operands[position] as OperandKind;
    const role = row.roles[position];
    const earlier = row.roles
      .slice(0, position)
      .split('')
      .filter((each) => each === 'I' || each === 'D').length;
    const field = role === 'I' || role === 'D' ? row.trailing[earlier] : undefined;
    const fill = (bytes: number): Uint8Array => {
      lastBytes =
        lastBytes !== undefined && lastBytes.length >= bytes && random.percent(8)
          ? lastBytes.subarray(0, bytes)
          : lanes(random, type, Math.max(bytes, elementBytes[type])).subarray(0, bytes);
      return lastBytes;
    };
    const memory = kind.type === 'location' && kind.memory && (kind.registerClass === undefined || random.percent(50));
    if (memory) {
      hasMemory = true;
      if (kind.vectorIndex !== undefined) {
        const used = draft.mode === 64 ? 16 : 8;
        const destination = random.below(used);
        const mask = (destination + 1 + random.below(used - 1)) % used;
        makers[position] = constant(
          placeGather(draft, kind, kind.notation.startsWith('vm32') ? 4 : 8, [destination, mask]),
        );
        const size = /(dd|qd|ps)$/.test(row.mnemonic) ? 4 : 8;
        const masks = new Uint8Array(32);
        for (let at = 0; at < 32; at += size) if (random.percent(75)) masks[at + size - 1] = 0x80 | random.below(128);
        draft.setVector(mask, masks);
        vectors.push(destination, mask);
        continue;
      }
      const placed = placeMemory(draft, kind, accessOf(row, kind));
      if (placed === undefined) return undefined;
      fillMemory(draft, row, kind, placed, fill);
      makers[position] = placed.relative
        ? (length) => ({ ...placed.operand, displacement: placed.operand.displacement - length })
        : constant(placed.operand);
      continue;
    }
    const operand = chooseOther(draft, row, kind, position, field, vectors, fill);
    if (operand === undefined) return undefined;
    makers[position] = typeof operand === 'function' ? operand : constant(operand);
  }
  return { operands: (length) => makers.map((make) => make(length)), hasMemory };
}

function constant(operand: Operand): () => Operand {
  return () => operand;
}

function fillMemory(
  draft: Draft,
  row: Row,
  kind: OperandKind,
  { address }: Placed,
  fill: (bytes: number) => Uint8Array,
): void {
  const { random } = draft;
  const { mnemonic } = row;
  const put = (value: bigint, bytes: number, offset = 0): void =>
    draft.poke(address + BigInt(offset), toBytes(BigInt.asUintN(8 * bytes, value), bytes));
  const size = kind.memoryBits / 8;
  if (mnemonic === 'jmp' || mnemonic === 'call') put(branchTarget(draft), size);
  else if (mnemonic === 'jmp far' || mnemonic === 'call far') {
    put(branchTarget(draft), size - 2);
    put(BigInt(branchSelector(draft)), 2, size - 2);
  } else if (/^l[defgs]s$/.test(mnemonic)) {
    put(integer(random, 8 * (size - 2)), size - 2);
    put(BigInt(random.pick(someSelectors)), 2, size - 2);
  } else if (
    row.operands.some(({ registerClass }) => registerClass === 'segment') ||
    /^(lar|lsl|verr|verw|lldt|ltr)$/.test(mnemonic)
  ) {
    put(BigInt(random.pick(someSelectors)), 2);
  } else if (mnemonic === 'bound') {
    put(integer(random, 4 * size), size / 2);
    put(integer(random, 4 * size), size / 2, size / 2);
  } else if (mnemonic === 'ldmxcsr' || mnemonic === 'vldmxcsr')
    put(BigInt(random.below(0x1_0000) | (random.percent(10) ? 0x1_0000 : 0)), 4);
  else if (mnemonic === 'fldcw') put(BigInt(random.below(0x1_0000)), 2);
  else if (mnemonic.startsWith('cmpxchg') && mnemonic !== 'cmpxchg') {
    const wide = BigInt(4 * size);
    const equal = (draft.gpr(2) << wide) | BigInt.asUintN(4 * size, draft.gpr(RAX));
    put(random.percent(50) ? equal : random.bits(8 * size), size);
  } else if (mnemonic === 'cmpxchg' && random.percent(40)) put(draft.gpr(RAX), size);
  else if (/^f?xrstor|^fldenv|^frstor/.test(mnemonic)) fillArea(draft, mnemonic, kind, address);
  else if (size > 0) draft.poke(address, fill(size));
}

/** Images for FLDENV, FRSTOR, FXRSTOR, XRSTOR: mostly valid. */
function fillArea(draft: Draft, mnemonic: string, kind: OperandKind, address: bigint): void {
  const { random } = draft;
  const put = (offset: number, value: bigint, bytes: number): void =>
    draft.poke(address + BigInt(offset), toBytes(value, bytes));
  const mask = random.percent(70) ? 0x3f : random.below(64);
  const status = (random.percent(60) ? 0 : random.below(64)) | (random.word() & 0x7f00);
  const pending = (status & 0x3f & ~mask) !== 0 ? 0x8080 : 0;
  const controlWord = BigInt(0x40 | mask | (random.pick([0, 2, 3]) << 8) | (random.below(4) << 10));
  if (mnemonic.startsWith('f') && !mnemonic.startsWith('fx')) {
    const word = kind.notation === 'm14byte' || kind.notation === 'm94byte' ? 2 : 4;
    put(0, controlWord, 2);
    put(word, BigInt(status | pending), 2);
    put(2 * word, random.bits(16), 2);
    for (let field = 3; field < 7; field++) put(field * word, 0n, word);
    if (mnemonic === 'frstor')
      for (let register = 0; register < 8; register++) put(7 * word + 10 * register, element(random, 'f80'), 10);
    return;
  }
  put(0, controlWord, 2);
  put(2, BigInt(status | pending), 2);
  put(4, random.bits(8), 2);
  for (const offset of [6, 8, 16]) put(offset, 0n, 8);
  put(24, BigInt(0x1f80 | (random.below(4) << 13) | (random.percent(8) ? 0x1_0000 : 0)), 4);
  for (let register = 0; register < 8; register++) put(32 + 16 * register, element(random, 'f80'), 16);
  if (!mnemonic.startsWith('x')) return;
  put(512, BigInt(random.below(random.percent(5) ? 32 : 8)), 8);
  put(520, random.percent(5) ? 1n : 0n, 8);
  for (let offset = 528; offset < 576; offset += 8) put(offset, random.percent(1) ? 1n : 0n, 8);
}

function chooseOther(
  draft: Draft,
  row: Row,
  kind: OperandKind,
  position: number,
  field: TrailingField | undefined,
  vectors: readonly number[],
  fill: (bytes: number) => Uint8Array,
): Operand | ((length: number) => Operand) | undefined {
  const { random, mode } = draft;
  switch (kind.type) {
    case 'fixed':
      if (kind.fixed?.class === 'gpr') setRegister(draft, row, kind.fixed);
      return kind.fixed;
    case 'one':
      return 1;
    case 'immediate':
      return immediate(draft, row, field as TrailingField);
    case 'relative': {
      const limit = kind.bits === 8 ? 128 : 0x700;
      let distance = random.below(2 * limit) - limit;
      if (kind.bits === 32 && random.percent(8)) distance = random.below(0x2000_0000) - 0x800_0000;
      if (kind.bits === 16 && mode === 32) distance = random.below(0x7000);
      return (length) => (distance < 0 && distance >= -length - 8 ? 8 : distance);
    }
    case 'far':
      return far(branchSelector(draft), BigInt.asUintN(kind.bits, branchTarget(draft)));
    case 'offset': {
      const address = pickAddress(draft, { bytes: kind.memoryBits / 8, alignment: 1 }, mode === 64);
      draft.poke(address, fill(kind.memoryBits / 8));
      const bits = mode === 64 && address >> 32n === 0n && random.percent(30) ? 32 : mode;
      const offset = address - draft.segmentBase(DS);
      if (offset < 0n || offset >> BigInt(bits) !== 0n) return undefined;
      return {
        ...mem({ bits: kind.memoryBits, displacement: Number(BigInt.asIntN(32, offset)), addressBits: bits }),
        exactDisplacement: offset,
      };
    }
    default:
      return register(draft, row, kind, position, vectors, fill);
  }
}

function register(
  draft: Draft,
  row: Row,
  kind: OperandKind,
  position: number,
  vectors: readonly number[],
  fill: (bytes: number) => Uint8Array,
): Operand | undefined {
  const { random, mode } = draft;
  const bank = banks[`${kind.registerClass}${kind.registerBits}`] as readonly Register[];
  const count = Math.min(
    bank.length,
    kind.registerClass === 'control' || kind.registerClass === 'debug' ? 8 : mode === 64 ? 16 : 8,
  );
  switch (kind.registerClass) {
    case 'segment':
      return random.pick(
        row.roles[position] === 'R' && position === 0
          ? [0, 2, 3, 4, 5].map((number) => segments[number] as Register)
          : segments,
      );
    case 'control':
      return random.pick([control[0], control[2], control[3], control[4]] as Register[]);
    case 'debug':
      return random.pick([debug[0], debug[6], debug[7]] as Register[]);
    case 'x87':
      return random.pick(x87);
    case 'mmx': {
      const chosen = random.pick(mmx);
      draft.setX87(chosen.number, new Uint8Array([...fill(8), 0xff, 0xff]));
      return chosen;
    }
    case 'xmm':
    case 'ymm': {
      // A gather has its destination and its mask already.
      const number = vectors.length > 0 ? (vectors[position === 0 ? 0 : 1] as number) : random.below(count);
      if (vectors.length === 0 && random.percent(85))
        draft.setVector(number, fill(kind.registerClass === 'ymm' ? 32 : 16));
      return bank[number];
    }
    default: {
      const stackUser = /^(push|pop|call|ret|enter|leave)/.test(row.mnemonic);
      let chosen =
        kind.registerBits === 8 && random.percent(25) ? random.pick(gprHigh) : (bank[random.below(count)] as Register);
      if (kind.registerBits === 8 && mode !== 64 && chosen.class === 'gpr' && chosen.number >= 4)
        chosen = gpr8[chosen.number & 3] as Register;
      // The upper half of ESP is not the vector's where the stack segment is a 16-bit one.
      if (chosen.number === RSP && chosen.class === 'gpr' && mode === 16) return undefined;
      if (!(stackUser && chosen.number === RSP)) setRegister(draft, row, chosen);
      return chosen;
    }
  }
}

function setRegister(draft: Draft, row: Row, register: Register): void {
  const { random, mode } = draft;
  const number = register.class === 'gprHigh' ? register.number - 4 : register.number;
  if (draft.fixed.has(number)) return;
  let value = integer(random, register.bits === 8 ? 64 : Math.min(register.bits, 64));
  if (row.mnemonic === 'jmp' || row.mnemonic === 'call') value = branchTarget(draft);
  else if (
    row.operands.some(({ registerClass }) => registerClass === 'segment') ||
    /^(lar|lsl|verr|verw|lldt|ltr|arpl)$/.test(row.mnemonic)
  )
    value = BigInt(random.pick(someSelectors));
  else if (/^bt[csr]?$/.test(row.mnemonic)) value = BigInt(random.below(0x6000) - 0x1000);
  else if (row.mnemonic === 'cmpxchg' && random.percent(40)) value = draft.gpr(RAX);
  else if (/^wr[fg]sbase$/.test(row.mnemonic) && random.percent(70)) value = random.bits(47);
  draft.setGpr(number, value, register.bits === 8 ? (mode === 64 ? 64 : 32) : Math.min(register.bits, 64));
}

function immediate(draft: Draft, row: Row, field: TrailingField): Operand {
  const { random } = draft;
  const bits = 8 * field.bytes;
  // INT 80h enters Linux; 3 and 4 have gates of DPL 3.
  if (row.mnemonic === 'int')
    return random.percent(30) ? 3 + random.below(2) : ([0x21, 0x60, 0xff, 0x0d, 0, 1, 14][random.below(7)] as number);
  if (row.mnemonic === 'enter')
    return field.bytes === 1
      ? random.percent(60)
        ? 0
        : random.below(40)
      : random.below(random.percent(80) ? 64 : 0x1_0000);
  if (row.mnemonic === 'ret' || row.mnemonic === 'retf') return random.below(random.percent(80) ? 64 : 0x1_0000);
  const value = bits === 8 && !field.signExtended ? BigInt(random.below(256)) : integer(random, bits);
  return bits === 64 ? value : Number(field.signExtended ? BigInt.asIntN(bits, value) : value);
}
