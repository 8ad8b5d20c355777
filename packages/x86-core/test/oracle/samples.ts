/** Operands to try a row with: registers of both halves, every kind of address, immediates at the edges. */
import {
  far,
  gpr8,
  gpr16,
  gpr32,
  gpr64,
  gprHigh,
  control,
  debug,
  mem,
  mmx,
  segments,
  x87,
  xmm,
  ymm,
  type Memory,
  type Mode,
  type Operand,
  type OperandKind,
  type Register,
  type Row,
  type TrailingField,
} from '../../src/index.ts';

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

/** Registers of a kind, different ones for different positions: gathers refuse equal ones. */
function registersOf(kind: OperandKind, mode: Mode, position: number): Register[] {
  const bank = banks[`${kind.registerClass}${kind.registerBits}`] as readonly Register[];
  if (kind.registerClass === 'segment') return [segments[0], segments[3], segments[5]] as Register[];
  if (kind.registerClass === 'control')
    return [control[0], control[4], ...(mode === 64 ? [control[8]] : [])] as Register[];
  if (kind.registerClass === 'debug') return [debug[0], debug[7]] as Register[];
  const some = [bank[1 + position] as Register, bank[5 - position] as Register];
  if (kind.registerClass === 'gpr' && kind.registerBits === 8) {
    return [
      gpr8[position + 1] as Register,
      gprHigh[position] as Register,
      ...(mode === 64 ? [gpr8[6], gpr8[12]] : []),
    ] as Register[];
  }
  if (mode === 64 && bank.length === 16) some.push(bank[9 + position] as Register, bank[15 - position] as Register);
  return some;
}

/** Every ModRM and SIB shape of the mode's address sizes, with no, short and long displacements. */
function addressesOf(mode: Mode): Parameters<typeof mem>[0][] {
  const r = (bits: 16 | 32 | 64, number: number): Register =>
    (banks[`gpr${bits}`] as readonly Register[])[number] as Register;
  const shapes: Parameters<typeof mem>[0][] = [];
  for (const bits of mode === 64 ? ([64, 32] as const) : ([16, 32] as const)) {
    if (bits === 16) {
      for (const displacement of [0, -3, 0x1234]) {
        for (const [base, index] of [[3, 6], [3, 7], [5, 6], [5, 7], [6], [7], [5], [3]] as const) {
          shapes.push({ base: r(16, base), index: index === undefined ? undefined : r(16, index), displacement });
        }
      }
      shapes.push({ displacement: 0x4321, addressBits: 16 });
      continue;
    }
    for (const displacement of [0, -128, 0x80]) {
      for (const base of mode === 64 ? [0, 4, 5, 12, 13] : [0, 4, 5])
        shapes.push({ base: r(bits, base), displacement });
      shapes.push({ base: r(bits, 3), index: r(bits, 5), scale: 4, displacement });
      shapes.push({ base: r(bits, 5), index: r(bits, 1), scale: 1, displacement });
    }
    shapes.push({ index: r(bits, 6), scale: 8, displacement: 0x100 });
    shapes.push({ displacement: 0x12_3456, addressBits: bits });
    if (mode === 64) {
      shapes.push({ base: r(bits, 8), index: r(bits, 12), scale: 2, displacement: 4 });
      shapes.push({ base: 'rip', displacement: 0x1000, addressBits: bits });
    }
  }
  shapes.push({ base: r(mode, 3), segment: segments[4], displacement: 1 });
  return shapes;
}

function memoriesOf(kind: OperandKind, mode: Mode): Memory[] {
  if (kind.vectorIndex !== undefined) {
    const index = (kind.vectorIndex === 128 ? xmm : ymm)[mode === 64 ? 12 : 7] as Register;
    const base = mode === 64 ? gpr64 : gpr32;
    return [
      mem({ base: base[3], index, scale: 4, displacement: 0x40 }),
      mem({ index, scale: 8, displacement: 0x1000, addressBits: mode === 64 ? 64 : 32 }),
    ];
  }
  return addressesOf(mode).map((parts) => mem({ ...parts, bits: kind.memoryBits }));
}

function immediatesOf(field: TrailingField): Operand[] {
  if (field.bytes === 8) return [0x1122_3344_5566_7788n, 0xffff_ffff_ffff_ffffn];
  const limit = 2 ** (8 * field.bytes);
  return field.signExtended ? [5, limit / 2 - 1, -limit / 2] : [5, limit / 2, limit - 1];
}

function choices(row: Row, mode: Mode, position: number, field: TrailingField | undefined): Operand[] {
  const kind = row.operands[position] as OperandKind;
  switch (kind.type) {
    case 'fixed':
      return [kind.fixed as Register];
    case 'one':
      return [1];
    case 'immediate':
      return immediatesOf(field as TrailingField);
    case 'relative':
      return kind.bits === 8 ? [-128, 127] : kind.bits === 16 ? [-0x8000, 0x7fff] : [-0x8000_0000, 0x7fff_ffff];
    case 'far':
      return [far(8, 0x1234), far(0xfff8, 2 ** kind.bits - 1)];
    case 'offset':
      return [
        mem({ bits: kind.memoryBits, displacement: 0x7654 }),
        mem({ bits: kind.memoryBits, displacement: 0x7654, addressBits: mode === 32 ? 16 : 32 }),
      ];
    default:
      return [
        ...(kind.registerClass === undefined ? [] : registersOf(kind, mode, position)),
        ...(kind.memory ? memoriesOf(kind, mode) : []),
      ];
  }
}

/** Combinations of operands for a row: each operand runs through its choices while the others keep their first. */
export function sampleOperands(row: Row, mode: Mode): Operand[][] {
  let field = 0;
  const all = row.operands.map((_, position) => {
    const role = row.roles[position];
    return choices(row, mode, position, role === 'I' || role === 'D' ? row.trailing[field++] : undefined);
  });
  const first = all.map((some) => some[0] as Operand);
  const samples = [first];
  for (const [position, some] of all.entries()) {
    for (const operand of some.slice(1)) samples.push(first.with(position, operand));
  }
  return samples;
}
