/** Random code: bytes of any kind, instructions of the table, and more of those that reach the system architecture than the table has. */
import { CodeBuffer, encode, EncodeError, type Mnemonic, type Mode, type Row, rows } from '../../src/index.ts';
import { sampleOperands } from '../oracle/samples.ts';
import type { Random } from './random.ts';

const systemic =
  /^(mov|lmsw|smsw|clts|[ls]gdt|[ls]idt|[ls]ldt|ltr|str|lar|lsl|verr|verw|arpl|iret|retf?|call|jmp|int|int1|int3|into|syscall|sysret|sysenter|sysexit|swapgs|cli|sti|popf|pushf|pop|push|pusha|popa|enter|leave|bound|in|out|ins|outs|hlt|mwait|monitor|invlpg|invpcid|wbinvd|invd|rdmsr|wrmsr|cpuid|rdtsc|rdtscp|rdpmc|xsave|xrstor|xsavec|xsaves|xrstors|xsaveopt|fxsave|fxrstor|xsetbv|xgetbv|wrpkru|rdpkru|[rw]r[fg]sbase|lods|stos|movs|cmps|scas|loop|clac|stac|lds|les|lss|lfs|lgs|xlat|maskmov|vmaskmov|vpmaskmov|vgather|vpgather|cmpxchg)/;
const systemRows: readonly Row[] = rows().filter((row) => systemic.test(row.mnemonic));
const prefixes = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x40, 0x48, 0x4f, 0xc4, 0xc5, 0x62];

/** So many bytes; the kinds come in runs. */
export function randomCode(random: Random, mode: Mode, length: number): Uint8Array {
  const code = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const piece = randomPiece(random, mode);
    code.set(piece.subarray(0, length - at), at);
    at += piece.length;
  }
  return code;
}

function randomPiece(random: Random, mode: Mode): Uint8Array {
  switch (random.below(8)) {
    case 0:
      return random.bytes(1 + random.below(15));
    case 1:
      return Uint8Array.from([...Array.from({ length: random.below(16) }, () => random.pick(prefixes)), random.u32()]);
    case 2:
      // A short branch, mostly back.
      return Uint8Array.of(
        random.pick([0xeb, 0xe2, 0x74, 0x75, 0xe3]),
        random.once(3) ? random.u32() : -random.below(60),
      );
    default:
      return instruction(random, mode);
  }
}

function instruction(random: Random, mode: Mode): Uint8Array {
  const row = random.pick(random.once(2) ? systemRows : rows());
  const out = new CodeBuffer();
  try {
    const operands = random.pick([...sampleOperands(row, mode), undefined]);
    if (operands === undefined) return random.bytes(3);
    encode(mode, row.mnemonic as Mnemonic, operands, out);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    return random.bytes(2);
  }
  const prefix = row.repeat !== 'none' && random.once(2) ? [0xf3] : random.once(16) ? [random.pick(prefixes)] : [];
  return Uint8Array.from([...prefix, ...out.toBytes()]);
}
