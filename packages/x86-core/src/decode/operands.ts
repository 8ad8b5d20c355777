/** The operands of a decoded row, from the fields its Op/En letters name. */
import type { Memory, MemoryBits, Operand, Register } from '../operand.ts';
import { control, debug, gpr8, gpr16, gpr32, gpr64, gprHigh, mmx, segments, x87, xmm, ymm } from '../register.ts';
import type { Row, TrailingField } from '../table/notation.ts';
import type { OperandKind } from '../table/operand-kind.ts';
import { readAddress } from './address.ts';
import type { Fetch } from './fetch.ts';

/** @returns undefined when a field names a register that does not exist. */
export function readOperands(from: Fetch, row: Row): Operand[] | undefined {
  const operands = new Array<Operand | undefined>(row.roles.length);
  for (let i = 0; i < operands.length; i++) {
    const kind = row.operands[i] as OperandKind;
    switch (row.roles[i]) {
      case 'R':
        operands[i] = register(kind, ((from.modRm >> 3) & 7) | ((from.rex & 4) << 1), from);
        break;
      case 'M':
        operands[i] = rmOperand(from, kind);
        break;
      case 'V':
        operands[i] = register(kind, from.mode === 64 ? from.vvvv : from.vvvv & 7, from);
        break;
      case 'O': {
        const low = (row.modRm === undefined ? from.opcode : from.modRm) & 7;
        operands[i] = register(kind, low | ((from.rex & 1) << 3), from);
        break;
      }
      case '-':
        operands[i] = kind.type === 'one' ? 1 : kind.fixed;
        break;
      default:
        continue;
    }
    if (operands[i] === undefined) return undefined;
  }
  let field = 0;
  for (let i = 0; i < operands.length; i++) {
    const role = row.roles[i];
    const kind = row.operands[i] as OperandKind;
    if (role === 'I' || role === 'D') operands[i] = trailingOperand(from, kind, row.trailing[field++] as TrailingField);
    else if (role === 'S') operands[i] = register(kind, (from.u8() >> 4) & (from.mode === 64 ? 15 : 7), from);
  }
  return operands as Operand[];
}

function rmOperand(from: Fetch, kind: OperandKind): Operand | undefined {
  if (from.modRm >= 0xc0 || !kind.memory) return register(kind, (from.modRm & 7) | ((from.rex & 1) << 3), from);
  return readAddress(from, kind.memoryBits, kind.vectorIndex);
}

/** The control registers there are: moves of the others are #UD (SDM 2 MOV to/from Control Registers). */
const existingControl = [0, 2, 3, 4, 8];

function register(kind: OperandKind, number: number, from: Fetch): Register | undefined {
  switch (kind.registerClass) {
    case 'gpr':
      if (kind.registerBits === 64) return gpr64[number];
      if (kind.registerBits === 32) return gpr32[number];
      if (kind.registerBits === 16) return gpr16[number];
      return from.rex === 0 && !from.vex && number >= 4 ? gprHigh[number - 4] : gpr8[number];
    case 'segment':
      return segments[number & 7];
    case 'control':
      return existingControl.includes(number) ? control[number] : undefined;
    case 'debug':
      return number < 8 ? debug[number] : undefined;
    case 'x87':
      return x87[number & 7];
    case 'mmx':
      return mmx[number & 7];
    case 'xmm':
      return xmm[number];
    case 'ymm':
      return ymm[number];
    default:
      return undefined;
  }
}

function trailingOperand(from: Fetch, kind: OperandKind, field: TrailingField): Operand {
  if (field.type === 'relative') return from.signed(field.bytes);
  if (field.type === 'far') {
    const offset = from.unsigned(field.bytes - 2);
    return { kind: 'far', selector: from.unsigned(2), offset };
  }
  if (field.type === 'offset') return absoluteAddress(from, kind.memoryBits);
  if (field.bytes === 8) return from.u64();
  return field.signExtended ? from.signed(field.bytes) : from.unsigned(field.bytes);
}

/** The moffs operand of MOV: an address as wide as the address size. */
function absoluteAddress(from: Fetch, bits: MemoryBits | 0): Memory {
  const size = from.addressSize;
  const wide = size === 64 ? BigInt.asIntN(64, from.u64()) : undefined;
  const displacement = wide === undefined ? from.unsigned(size / 8) : Number(wide);
  return {
    kind: 'memory',
    bits,
    base: undefined,
    index: undefined,
    scale: 1,
    displacement,
    exactDisplacement: Number.isSafeInteger(displacement) ? undefined : wide,
    symbol: undefined,
    segment: from.segment < 0 ? undefined : segments[from.segment],
    addressBits: size,
  };
}
