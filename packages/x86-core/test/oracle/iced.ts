/** iced-x86 as the oracle of the decoder: both sides' instructions described in one form, so that they can be compared as text. */
import iced from 'iced-x86';
import { decode, type Instruction, type Memory, type Mode, type Operand } from '../../src/index.ts';

const { Decoder, DecoderOptions, MemorySizeExt, Mnemonic, OpKind, Register, EncodingKind, CpuidFeature } = iced;

/** Bytes of a slot of `IcedBatch`: an instruction has 15 at most, and reads nothing behind its own. */
export const SLOT = 16;

/** Instructions whose memory operands have no ModRM: the manuals write them without operands, iced with. */
const implicitMemory = /^(movs|cmps|stos|lods|scas|ins|outs)[bwdq]$|^xlatb$|^v?maskmov(q|dqu)$/;

export interface Description {
  /** Mnemonic and operands, or `invalid`. */
  readonly text: string;
  readonly length: number;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

/** Our instruction in the common form. `end`: address behind it. */
export function describeOurs(instruction: Instruction, end: number): string {
  const { row, operands } = instruction;
  const implicit =
    implicitMemory.test(row.mnemonic) &&
    row.operands.every((kind) => kind.registerClass === undefined || /maskmov/.test(row.mnemonic));
  if (implicit) {
    const source = /^(stos|scas|ins)/.test(row.mnemonic) ? '' : (instruction.segment?.name ?? '');
    return `${lockOf(instruction.lock)}${row.mnemonic} ${instruction.addressSize} ${source}`;
  }
  const target = row.operandSize === 'f64' || row.operandSize === 'd64' ? 64 : instruction.operandSize;
  const texts = operands.map((operand, i) => {
    const role = row.roles[i];
    if (row.operands[i]?.notation === 'XMM0') return undefined;
    if (role === 'D' && typeof operand === 'number') {
      return `to ${hex(BigInt.asUintN(target, BigInt(end + operand)))}`;
    }
    return describeOperand(operand, instruction);
  });
  return `${lockOf(instruction.lock)}${row.mnemonic} ${texts.filter((text) => text !== undefined).join(', ')}`;
}

function lockOf(lock: boolean): string {
  return lock ? 'lock ' : '';
}

function describeOperand(operand: Operand, instruction: Instruction): string {
  if (typeof operand !== 'object') return hex(BigInt.asUintN(64, BigInt(operand)));
  if (operand.kind === 'register') return operand.name;
  if (operand.kind === 'far')
    return `${operand.selector}:${typeof operand.offset === 'object' ? operand.offset.name : operand.offset}`;
  if (operand.kind === 'memory') return describeMemory(operand, instruction);
  throw new Error('a decoded operand is never a symbol');
}

function describeMemory(memory: Memory, instruction: Instruction): string {
  const size = memory.base === 'rip' ? 64 : instruction.addressSize;
  const displacement = BigInt.asUintN(size, memory.exactDisplacement ?? BigInt(memory.displacement));
  const base =
    memory.base === undefined
      ? ''
      : memory.base === 'rip'
        ? instruction.addressSize === 32
          ? 'eip'
          : 'rip'
        : memory.base.name;
  const index = memory.index === undefined ? '' : `${memory.index.name}*${memory.scale}`;
  return `${memory.bits} ${memory.segment?.name ?? ''}[${base} ${index} ${hex(displacement)}]@${instruction.addressSize}`;
}

const registerNames: readonly string[] = Array.from({ length: 256 }, (_, number) => {
  const name = (Register[number] ?? '').toLowerCase();
  return name === 'none' ? '' : name.replace(/^r(\d+)l$/, 'r$1b');
});
const mnemonicNames = new Map<number, string>();

function mnemonicOf(mnemonic: number): string {
  let name = mnemonicNames.get(mnemonic);
  if (name === undefined) {
    name = (Mnemonic[mnemonic] as string).toLowerCase().replace(/^(v?pcmpestr[im])64$/, '$1');
    mnemonicNames.set(mnemonic, name);
  }
  return name;
}

/** iced's instruction in the common form. */
export function describeIced(instruction: iced.Instruction, mode: Mode, bytes: Uint8Array): string {
  const name = mnemonicOf(instruction.mnemonic);
  const addressSize = addressSizeOf(mode, bytes);
  const lock = lockOf(instruction.hasLockPrefix);
  const named = registerNames[instruction.segmentPrefix] as string;
  const segment = mode === 64 && named !== 'fs' && named !== 'gs' ? '' : named;
  if (
    implicitMemory.test(name) &&
    instruction.opKind(0) !== OpKind.Memory &&
    instruction.opKind(1) !== OpKind.Memory &&
    hasImplicit(instruction)
  ) {
    const source = /^(stos|scas|ins)/.test(name) ? '' : segment;
    return `${lock}${name} ${addressSize} ${source}`;
  }
  if (name === 'xlatb') return `${lock}${name} ${addressSize} ${segment}`;
  const texts: string[] = [];
  const far =
    instruction.isJmpFar || instruction.isCallFar || instruction.isJmpFarIndirect || instruction.isCallFarIndirect
      ? ' far'
      : '';
  for (let i = 0; i < instruction.opCount; i++) {
    const kind = instruction.opKind(i);
    if (kind === OpKind.Register) texts.push(registerNames[instruction.opRegister(i)] as string);
    else if (kind === OpKind.Memory) texts.push(icedMemory(instruction, addressSize, segment));
    else if (kind === OpKind.NearBranch16 || kind === OpKind.NearBranch32 || kind === OpKind.NearBranch64) {
      texts.push(`to ${hex(instruction.nearBranchTarget)}`);
    } else if (kind === OpKind.FarBranch16) texts.push(`${instruction.farBranchSelector}:${instruction.farBranch16}`);
    else if (kind === OpKind.FarBranch32) texts.push(`${instruction.farBranchSelector}:${instruction.farBranch32}`);
    else texts.push(hex(BigInt.asUintN(64, instruction.immediate(i))));
  }
  return `${lock}${name}${far} ${texts.join(', ')}`;
}

function hasImplicit(instruction: iced.Instruction): boolean {
  for (let i = 0; i < instruction.opCount; i++) {
    const kind = instruction.opKind(i);
    if (kind >= OpKind.MemorySegSI && kind <= OpKind.MemoryESRDI) return true;
  }
  return false;
}

function icedMemory(instruction: iced.Instruction, addressSize: number, segment: string): string {
  const base = registerNames[instruction.memoryBase] as string;
  const index =
    instruction.memoryIndex === Register.None
      ? ''
      : `${registerNames[instruction.memoryIndex]}*${instruction.memoryIndexScale}`;
  let displacement = instruction.memoryDisplacement;
  if (base === 'rip' || base === 'eip') displacement -= instruction.nextIP;
  displacement = BigInt.asUintN(
    base === 'eip' ? 64 : base === 'rip' ? 64 : addressSize,
    base === 'eip' ? BigInt.asIntN(32, displacement) : displacement,
  );
  const size =
    sizeless.has(instruction.mnemonic) || instruction.isVsib ? 0 : MemorySizeExt.size(instruction.memorySize) * 8;
  return `${size} ${segment}[${base} ${index} ${hex(displacement)}]@${addressSize}`;
}

/** Where the table says `m`: the instruction alone tells the size. */
const sizeless = new Set<number>(
  [
    'Lgdt',
    'Lidt',
    'Sgdt',
    'Sidt',
    'Fldenv',
    'Fnstenv',
    'Frstor',
    'Fnsave',
    'Fxsave',
    'Fxsave64',
    'Fxrstor',
    'Fxrstor64',
  ].map((name) => Mnemonic[name as 'Lgdt']),
);

/** The address size in effect, from the prefixes: iced does not tell it where no operand has it. */
function addressSizeOf(mode: Mode, bytes: Uint8Array): number {
  let prefixed = false;
  for (const byte of bytes) {
    const isRex = mode === 64 && byte >> 4 === 4;
    if (byte === 0x67) prefixed = true;
    else if (![0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0xf0, 0xf2, 0xf3].includes(byte) && !isRex) break;
  }
  if (!prefixed) return mode;
  return mode === 32 ? 16 : 32;
}

/** CPUID features (iced's names) that the table leaves out. What iced decodes with them must be invalid here, or a reserved NOP. */
const foreignFeatures = new Set([
  'AMX_BF16',
  'AMX_COMPLEX',
  'AMX_FP16',
  'AMX_INT8',
  'AMX_TILE',
  'AESKLE',
  'AESKLE_WIDE_KL',
  'AVX512F',
  'AVX512BW',
  'AVX512DQ',
  'AVX_IFMA',
  'AVX_NE_CONVERT',
  'AVX_VNNI',
  'AVX_VNNI_INT8',
  'AVX_VNNI_INT16',
  'CET_SS',
  'CLDEMOTE',
  'CLZERO',
  'CMPCCXADD',
  'D3NOW',
  'ENQCMD',
  'FMA4',
  'FRED',
  'GFNI',
  'HLE_or_RTM',
  'HRESET',
  'INVLPGB',
  'KL',
  'LKGS',
  'MCOMMIT',
  'MONITORX',
  'MOVDIR64B',
  'MOVDIRI',
  'MPX',
  'MSRLIST',
  'OSS',
  'PADLOCK_ACE',
  'PADLOCK_GMI',
  'PADLOCK_PHE',
  'PADLOCK_PMM',
  'PADLOCK_RNG',
  'PADLOCK_UNDOC',
  'PCONFIG',
  'PREFETCHITI',
  'PTWRITE',
  'RAO_INT',
  'RDPRU',
  'RMPQUERY',
  'RTM',
  'SERIALIZE',
  'SEV_ES',
  'SEV_SNP',
  'SGX1',
  'SHA512',
  'SKINIT',
  'SKINIT_or_SVM',
  'SM3',
  'SM4',
  'SMX',
  'SSE4A',
  'SVM',
  'TDX',
  'TSE',
  'TSXLDTRK',
  'UINTR',
  'VAES',
  'VMX',
  'VPCLMULQDQ',
  'WRMSRNS',
  'XOP',
]);

/** The feature or encoding (XOP, 3DNow, EVEX) of iced's instruction that the table leaves out on purpose, if it has one. */
export function leftOut(instruction: iced.Instruction): string | undefined {
  if (instruction.encoding !== EncodingKind.Legacy && instruction.encoding !== EncodingKind.VEX)
    return EncodingKind[instruction.encoding];
  for (const feature of instruction.cpuidFeatures()) {
    const name = CpuidFeature[feature] as string;
    if (foreignFeatures.has(name)) return name;
  }
  return undefined;
}

/** Decodes many instructions that stand in slots of one buffer. */
export class IcedBatch {
  readonly #decoder: iced.Decoder;
  readonly #instruction = new iced.Instruction();
  readonly #bytes: Uint8Array;
  readonly #mode: Mode;

  constructor(mode: Mode, bytes: Uint8Array) {
    this.#mode = mode;
    this.#bytes = bytes;
    this.#decoder = new Decoder(mode, bytes, DecoderOptions.None);
  }

  /** The instruction in slot `slot`, at address 0. Valid until the next call. */
  at(slot: number): { text: string; length: number; instruction: iced.Instruction } {
    this.#decoder.position = slot * SLOT;
    this.#decoder.ip = 0n;
    const instruction = this.#instruction;
    this.#decoder.decodeOut(instruction);
    const bytes = this.#bytes.subarray(slot * SLOT, slot * SLOT + SLOT);
    const text = instruction.isInvalid ? 'invalid' : describeIced(instruction, this.#mode, bytes);
    return { text, length: instruction.length, instruction };
  }

  free(): void {
    this.#instruction.free();
    this.#decoder.free();
  }
}

/** Our view of the instruction at `offset`, as if it stood at address 0. */
export function ours(mode: Mode, bytes: Uint8Array, offset: number): Description {
  const decoded = decode(mode, bytes, offset);
  if (decoded.kind === 'failure') return { text: 'invalid', length: 0 };
  return { text: describeOurs(decoded, decoded.length), length: decoded.length };
}
