/** Emits a prepared form: prefixes, opcode, ModRM, SIB, displacement, immediates, in the order of SDM 2 2.1. The fast path of the encoder. */
import type { FarPointer, Immediate, Memory, Operand, Register, SymbolReference } from '../operand.ts';
import type { TrailingField } from '../table/notation.ts';
import { addressBitsOf, rexXB, writeAddress } from './address.ts';
import type { CodeBuffer, FixupKind } from './code-buffer.ts';
import { EncodeError } from './encode-error.ts';
import type { Form } from './form.ts';

const segmentPrefixes = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** The longest instruction is 15 bytes; reserving more costs nothing. */
const MAXIMUM_BYTES = 32;

/**
 * Appends one instruction. The operands must fit the form (`select` or `encode` see to that): wider immediates are truncated.
 *
 * @throws EncodeError REGISTER or ADDRESS when registers or the address cannot be encoded; AddressError reaches the caller of `encode` as one.
 */
export function emitForm(out: CodeBuffer, form: Form, a?: Operand, b?: Operand, c?: Operand, d?: Operand): void {
  const { row } = form;
  const { roles, modRm } = row;
  const bytes = reserved(out);
  const start = out.length;
  out.displacementOffset = -1;
  out.immediateOffset = -1;

  let reg = modRm === undefined ? 0 : modRm.value;
  let inOpcode = 0;
  let vvvv = 0;
  let rex = form.rexW;
  let rexNeeded = 0;
  let rexForbidden = false;
  let memory: Memory | undefined;
  let rm = 0;
  let selector = 0;
  let firstField: Operand | undefined;
  let secondField: Operand | undefined;

  for (let i = 0; i < roles.length; i++) {
    const operand = (i === 0 ? a : i === 1 ? b : i === 2 ? c : d) as Operand;
    const role = roles.charCodeAt(i);
    if (role === 0x49 /* I */ || role === 0x44 /* D */) {
      if (firstField === undefined) firstField = operand;
      else secondField = operand;
      continue;
    }
    if (role === 0x2d /* - */) continue;
    if (typeof operand === 'object' && operand.kind === 'memory') {
      memory = operand;
      rex |= rexXB(operand);
      continue;
    }
    const register = operand as Register;
    const { number } = register;
    if (register.bits === 8) {
      if (register.class === 'gprHigh') rexForbidden = true;
      else if (number >= 4) rexNeeded = 0x40;
    }
    if (role === 0x52 /* R */) {
      reg = number & 7;
      rex |= (number >> 3) << 2;
    } else if (role === 0x4d /* M */) {
      rm = number & 7;
      rex |= number >> 3;
    } else if (role === 0x4f /* O */) {
      inOpcode = number & 7;
      rex |= number >> 3;
    } else if (role === 0x56 /* V */) vvvv = number;
    else selector = number << 4;
  }

  const isOffset = row.trailing.length > 0 && (row.trailing[0] as TrailingField).type === 'offset';
  const offset = isOffset ? (firstField as Memory) : undefined;
  const addressed = memory ?? offset;
  let at = start;
  if (addressed !== undefined) {
    if (addressed.segment !== undefined) bytes[at++] = segmentPrefixes[addressed.segment.number] as number;
    const addressBits = addressBitsOf(addressed, form.mode);
    if (addressBits !== form.mode) {
      if (form.mode === 64 ? addressBits === 16 : addressBits === 64)
        refuse(form, 'ADDRESS', `no ${addressBits}-bit addresses in ${form.mode}-bit mode`);
      bytes[at++] = 0x67;
    }
  } else if (form.prefix67) bytes[at++] = 0x67;
  if (form.userPrefix !== 0) bytes[at++] = form.userPrefix;
  if (form.prefix66) bytes[at++] = 0x66;
  if (form.mandatory !== 0) bytes[at++] = form.mandatory;

  if (row.vex !== undefined) at = writeVex(bytes, at, form, rex, vvvv, selector);
  else {
    if ((rex | rexNeeded) !== 0) {
      checkRex(form, rexForbidden);
      bytes[at++] = 0x40 | rex;
    }
    for (let i = 0; i < form.escape.length; i++) bytes[at++] = form.escape[i] as number;
  }
  bytes[at++] = row.plusRegister && modRm === undefined ? row.opcode | inOpcode : row.opcode;
  out.length = at;

  if (modRm !== undefined) {
    if (modRm.type === 'fixed') bytes[out.length++] = modRm.value | inOpcode;
    else if (memory !== undefined) writeAddress(out, memory, reg, form.mode);
    else bytes[out.length++] = 0xc0 | (reg << 3) | rm;
  }
  if (row.trailing.length > 0) writeTrailing(out, form, firstField, secondField, selector);

  if (memory !== undefined && memory.base === 'rip' && memory.symbol !== undefined) correctRelative(out, start);
}

/** VEX in two bytes where X, B and W are clear and the map is 0F, else in three: SDM 2 2.3.5. */
function writeVex(bytes: Uint8Array, start: number, form: Form, rex: number, vvvv: number, selector: number): number {
  if (form.mode !== 64 && (((rex & 7) | (vvvv & 8)) !== 0 || selector > 0x70)) {
    refuse(form, 'REGISTER', 'registers 8 to 15 need 64-bit mode');
  }
  let at = start;
  const last = form.vexWLpp | ((~vvvv & 15) << 3);
  if ((rex & 3) === 0 && form.vexMap === 1 && (last & 0x80) === 0) {
    bytes[at++] = 0xc5;
    bytes[at++] = ((~rex & 4) << 5) | last;
  } else {
    bytes[at++] = 0xc4;
    bytes[at++] = ((~rex & 7) << 5) | form.vexMap;
    bytes[at++] = last;
  }
  return at;
}

function checkRex(form: Form, forbidden: boolean): void {
  if (form.mode !== 64) refuse(form, 'REGISTER', 'registers 8 to 15, spl, bpl, sil and dil need 64-bit mode');
  if (forbidden) refuse(form, 'REGISTER', 'ah, bh, ch and dh cannot stand beside a register that needs REX');
}

/** RIP counts from the end of the instruction, its fixup from the end of the displacement: takes off what is between. */
function correctRelative(out: CodeBuffer, start: number): void {
  const behind = out.length - (out.displacementOffset + 4);
  for (let i = out.fixups.length - 1; i >= 0; i--) {
    const fixup = out.fixups[i];
    if (fixup === undefined || fixup.offset < start) break;
    if (fixup.offset === out.displacementOffset) fixup.addend -= behind;
  }
}

function reserved(out: CodeBuffer): Uint8Array {
  if (out.length + MAXIMUM_BYTES > out.bytes.length) out.reserve(MAXIMUM_BYTES);
  return out.bytes;
}

function writeTrailing(
  out: CodeBuffer,
  form: Form,
  first: Operand | undefined,
  second: Operand | undefined,
  selector: number,
): void {
  const { trailing } = form.row;
  out.immediateOffset = out.length;
  out.immediateBytes = (trailing[0] as TrailingField).bytes;
  for (let i = 0; i < trailing.length; i++) {
    const field = trailing[i] as TrailingField;
    const operand = (i === 0 ? first : second) as Operand;
    if (field.type === 'immediate')
      writeValue(out, operand as Immediate | SymbolReference, field.bytes, absoluteKind(field));
    else if (field.type === 'relative')
      writeValue(out, operand as Immediate | SymbolReference, field.bytes, relativeKinds[field.bytes] as FixupKind);
    else if (field.type === 'is4') out.write(selector, 1);
    else if (field.type === 'far') {
      const pointer = operand as FarPointer;
      writeValue(out, pointer.offset, field.bytes - 2, field.bytes === 6 ? 'abs32' : 'abs16');
      out.write(pointer.selector, 2);
    } else {
      const memory = operand as Memory;
      const bits = addressBitsOf(memory, form.mode);
      out.immediateBytes = bits / 8;
      const { symbol } = memory;
      const target =
        symbol === undefined
          ? (memory.exactDisplacement ?? memory.displacement)
          : { ...symbol, addend: symbol.addend + memory.displacement };
      writeValue(out, target, bits / 8, bits === 64 ? 'abs64' : bits === 32 ? 'abs32' : 'abs16');
    }
  }
}

const relativeKinds: Readonly<Record<number, FixupKind>> = { 1: 'rel8', 2: 'rel16', 4: 'rel32' };

function absoluteKind(field: TrailingField): FixupKind {
  if (field.bytes === 8) return 'abs64';
  if (field.bytes === 2) return 'abs16';
  return field.signExtended ? 'abs32s' : 'abs32';
}

function writeValue(out: CodeBuffer, value: Immediate | SymbolReference, bytes: number, kind: FixupKind): void {
  if (typeof value === 'object') {
    out.fixups.push({ offset: out.length, kind, symbol: value.name, addend: value.addend });
    out.write(0, bytes);
  } else out.write(value, bytes);
}

function refuse(form: Form, code: 'REGISTER' | 'ADDRESS', problem: string): never {
  throw new EncodeError(code, form.row.text.split('|')[0]?.trim() ?? '', problem);
}
