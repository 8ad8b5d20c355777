/** What code of all kinds is mostly made of: instructions whose handlers are made when this package is built, not while a guest waits for them. */
import { EncodeError } from '../encode/encode-error.ts';
import { encode } from '../encode/encode.ts';
import { CodeBuffer } from '../encode/code-buffer.ts';
import { decode } from '../decode/decode.ts';
import type { Instruction } from '../decode/instruction.ts';
import { far, mem } from '../memory.ts';
import type { Memory, MemoryBits, Mode, Operand } from '../operand.ts';
import { control, gpr16, gpr32, gpr64, gpr8, registers, segments } from '../register.ts';
import type { PrefixedMnemonic } from '../table/table.ts';

/**
 * Forms by mode. A line has mnemonics, and behind the colon forms of their operands: `r` and `m` with their bits, `i` an immediate, `t` a target, `f` a far one;
 * `g` the same in the segment of
 * GS; `v` is 32 bits, and 64 or 16 where the mode has them.
 */
const everywhere = `
  add sub and or xor cmp: rv,rv rv,i rv,mv mv,rv mv,i r8,r8 r8,i r8,m8 m8,i
  add sub and or xor cmp: m8,r8
  adc sbb: rv,rv rv,i rv,mv mv,i
  test: rv,rv rv,i mv,i r8,r8 r8,i m8,i mv,rv
  mov: rv,rv rv,i rv,mv mv,rv mv,i r8,r8 r8,i r8,m8 m8,r8 m8,i r16,m16 m16,r16 m16,i
  inc dec neg not: rv mv r8 m8
  shl shr sar rol ror: rv,i rv,cl
  shl shr sar: r8,i
  shld shrd: rv,rv,i
  imul: rv,rv rv,mv rv,rv,i rv,mv,i
  mul div idiv: rv mv
  movzx movsx: r32,r8 r32,m8 r32,r16 r32,m16 r16,r8 r16,m8
  lea: rv,mv
  xchg: rv,rv mv,rv r8,r8
  bt bts btr: rv,i
  bsf bsr: rv,rv
  bswap: r32
  cmova cmovae cmovb cmovbe cmove cmovne cmovg cmovge cmovl cmovle cmovs cmovns: rv,rv
  seta setae setb setbe sete setne setg setge setl setle: r8
  jo jno jb jae je jne jbe ja js jns jp jnp jl jge jle jg jmp loop loope loopne jcxz jecxz jrcxz call: t
  cld std cli sti clc stc cmc nop hlt pause cwd cdq lodsb lodsw lodsd stosb stosw stosd movsb movsw movsd cpuid rdtsc rdmsr wrmsr wbinvd leave ret retf:
  rep movsb, rep movsd, rep stosb, rep stosd, rep outsb:
  in: al,dx ax,dx eax,dx al,i
  out: dx,al dx,ax dx,eax i,al
  lgdt lidt: m
`;
const only: Readonly<Record<Mode, string>> = {
  16: `
    push pop: rv segment
    push: i mv
    pushf popf pusha popa pushad popad pushfd popfd iret insw outsw:
    jmp far, o32 jmp far: f
    push pop: m32
    o32 push: i
    o32 lgdt, o32 lidt: m
    rep insw, rep outsw, rep movsw, rep stosw:
    int ret: i
    call jmp: r16 m16
    mov: r16,segment segment,r16 m16,segment segment,m16 r32,cr cr,r32
  `,
  32: `
    push pop: r32 segment
    push: i m32
    pushfd popfd pushad popad iretd:
    jmp far: f
    rep movsw, rep stosw:
    crc32: r32,m8 r32,m32
    call jmp: r32 m32
    mov: r32,segment segment,r32 r32,cr cr,r32
  `,
  64: `
    push pop: r64 m64
    push: i
    o64 retf, o16 nop:
    pushfq popfq cqo cdqe iretq lodsq stosq movsq syscall sysretq swapgs:
    rep movsq, rep stosq:
    movzx movsx: r64,r8 r64,m8 r64,r16 r64,m16
    movsxd: r64,r32 r64,m32
    bswap: r64
    call jmp: r64 m64
    mov: r64,cr cr,r64 r32,segment segment,r32
    lock add, lock sub, lock or, lock and: mv,i mv,rv
    lock inc, lock dec: mv
    lock xadd, lock cmpxchg: mv,rv
    lock bts, lock btr: mv,rv mv,i
    cmpxchg xadd: mv,rv gv,rv
    add sub and or xor cmp test mov: r16,i m16,i r16,r16 m16,r16
    add sub and or xor cmp: r16,m16
    shr sar shl: r16,i
    bt bts btr: mv,rv mv,i
    bt: rv,rv
    sete setne setae setb setg setl: m8
    seto sets: r8
    tzcnt popcnt: rv,rv
    imul: rv
    rol ror: r16,i
    prefetcht0 prefetchw: m8
    rdtscp int3 ud2:
    cmove cmovne cmovb cmovae: rv,mv
    mov: rv,gv gv,rv gv,i r8,g8 g8,i g8,r8 r16,g16 g16,r16 g16,i
    add sub and or cmp: gv,rv gv,i
    add sub cmp and or: rv,gv
    inc dec: gv
    nop: mv m16
    stac clac endbr64 lfence mfence sfence:
    movups movaps: xmm1,m128 m128,xmm1
    movdqu movdqa: xmm1,m128 m128,xmm1
    pxor: xmm1,xmm1
    invlpg: m
    ltr: r16
    ldmxcsr stmxcsr: m32
    xgetbv xsetbv:
  `,
};

/** On the way from real mode to protected mode and back code is of one size and its segments are of another. */
const betweenModes = `
  mov: rv,i r16,segment segment,r16 segment,r32 r32,cr cr,r32
  jmp far: f
  mov: rv,mv
  xor or and: rv,rv rv,i
  bt: rv,i
  jae jb je jne jmp: t
  cpuid rdmsr wrmsr:
`;

/** Instructions of a mode, as they are decoded. */
export function commonInstructions(mode: Mode): Instruction[] {
  return assembledFrom(`${everywhere}${only[mode]}`, mode);
}

/** Instructions of which code between two modes is made. */
export function switchingInstructions(mode: Mode): Instruction[] {
  return assembledFrom(betweenModes, mode);
}

function assembledFrom(lines: string, mode: Mode): Instruction[] {
  const found: Instruction[] = [];
  for (const line of lines.split('\n').map((each) => each.trim())) {
    if (line === '') continue;
    const [names = '', forms = ''] = line.split(':');
    const mnemonics = /,| far|^o\d/.test(names) ? names.split(/, */) : names.split(' ');
    const operands =
      forms.trim() === ''
        ? [[]]
        : forms
            .trim()
            .split(' ')
            .flatMap((form) => operandsOf(form, mode));
    for (const mnemonic of mnemonics) {
      for (const each of operands) {
        const instruction = assembled(mode, mnemonic as PrefixedMnemonic, each);
        if (instruction !== undefined) found.push(instruction);
      }
    }
  }
  return found;
}

/** @returns undefined where the instruction has no such form */
function assembled(mode: Mode, mnemonic: PrefixedMnemonic, operands: readonly Operand[]): Instruction | undefined {
  const out = new CodeBuffer(32);
  try {
    encode(mode, mnemonic, operands, out);
  } catch (error) {
    if (error instanceof EncodeError) return undefined;
    throw error;
  }
  const decoded = decode(mode, out.toBytes());
  return decoded.kind === 'instruction' ? decoded : undefined;
}

/** What a form stands for: with each width of `v`, and each kind of address. */
function operandsOf(form: string, mode: Mode): Operand[][] {
  const widths = form.includes('v') ? (mode === 64 ? [32, 64] : [16, 32]) : [0];
  return widths.flatMap((width) => {
    const parts = form.split(',').map((part) => part.replace('v', String(width)));
    return parts
      .map((part) => choicesOf(part, mode))
      .reduce<Operand[][]>((left, right) => left.flatMap((all) => right.map((each) => [...all, each])), [[]]);
  });
}

function choicesOf(part: string, mode: Mode): Operand[] {
  const bits = Number(part.slice(1));
  if (part === 'i') return [5];
  if (part === 't') return [100];
  if (part === 'f') return [far(8, 100)];
  if (part === 'cr') return [0, 3, 4].map((number) => control[number] as Operand);
  if (part === 'segment') return [0, 1, 2, 3, 4, 5].map((number) => segments[number] as Operand);
  const named = registers.get(part);
  if (named !== undefined && !/^r\d+$/.test(part)) return [named];
  if (part.startsWith('m'))
    return addressesOf(mode).map((address): Memory => mem({ ...address, bits: bits as MemoryBits }));
  if (part.startsWith('g')) {
    return [{ displacement: 0x1000, addressBits: mode } as const, ...addressesOf(mode).slice(0, 1)].map(
      (address): Memory => mem({ ...address, bits: bits as MemoryBits, segment: segments[5] }),
    );
  }
  const banks = { 8: gpr8, 16: gpr16, 32: gpr32, 64: gpr64 };
  return [(banks[bits as keyof typeof banks] as readonly Operand[])[3] as Operand];
}

/** By base alone and with an index; through the stack segment where that counts; in 64-bit code also with addresses of 32 bits, as compilers for 32 bits do. */
function addressesOf(mode: Mode): Parameters<typeof mem>[0][] {
  const [, rcx, , rbx, , rbp] = mode === 64 ? gpr64 : gpr32;
  if (mode === 16) {
    const [, , , bx, , bp, si, di] = gpr16;
    return [{ base: bx }, { base: bp }, { base: si, segment: segments[1] }, { base: di, segment: segments[0] }];
  }
  const wide = [{ base: rbx }, { base: rbx, index: rcx, scale: 4 } as const];
  if (mode === 32) return [...wide, { base: rbp }];
  const [, ecx, , ebx] = gpr32;
  return [...wide, { base: ebx }, { base: ebx, index: ecx, scale: 4 }];
}
