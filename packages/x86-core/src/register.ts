/** The registers, as constants: `rax`, `ah`, `cs`, `cr0`, `xmm0`, and arrays of them in encoding order. */
import type { Register, RegisterClass } from './operand.ts';

function register(registerClass: RegisterClass, number: number, bits: Register['bits'], name: string): Register {
  return Object.freeze({ kind: 'register', class: registerClass, number, bits, name });
}

/** Sixteen (or eight) registers of one class, named by the given words or by prefix and number. */
function bank(registerClass: RegisterClass, bits: Register['bits'], names: readonly string[]): readonly Register[] {
  return Object.freeze(names.map((name, number) => register(registerClass, number, bits, name)));
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}${number}`);
}

const legacy = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const extended = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];

/** `al, cl, dl, bl, spl, bpl, sil, dil, r8b ... r15b`. */
export const gpr8: readonly Register[] = bank('gpr', 8, [
  ...['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'],
  ...extended.map((name) => `${name}b`),
]);
/** `ah, ch, dh, bh`: encoded as 4 to 7, and only without REX. */
export const gprHigh: readonly Register[] = Object.freeze(
  ['ah', 'ch', 'dh', 'bh'].map((name, index) => register('gprHigh', index + 4, 8, name)),
);
/** `ax, cx, dx, bx, sp, bp, si, di, r8w ... r15w`. */
export const gpr16: readonly Register[] = bank('gpr', 16, [...legacy, ...extended.map((name) => `${name}w`)]);
/** `eax ... edi, r8d ... r15d`. */
export const gpr32: readonly Register[] = bank('gpr', 32, [
  ...legacy.map((name) => `e${name}`),
  ...extended.map((name) => `${name}d`),
]);
/** `rax ... rdi, r8 ... r15`. */
export const gpr64: readonly Register[] = bank('gpr', 64, [...legacy.map((name) => `r${name}`), ...extended]);
/** `es, cs, ss, ds, fs, gs`. */
export const segments: readonly Register[] = bank('segment', 16, ['es', 'cs', 'ss', 'ds', 'fs', 'gs']);
/** `cr0 ... cr15`. Moves to and from them are 64 bits wide in long mode and 32 elsewhere. */
export const control: readonly Register[] = bank('control', 64, numbered('cr', 16));
/** `dr0 ... dr15`. */
export const debug: readonly Register[] = bank('debug', 64, numbered('dr', 16));
/** `st0 ... st7`. */
export const x87: readonly Register[] = bank('x87', 80, numbered('st', 8));
/** `mm0 ... mm7`. */
export const mmx: readonly Register[] = bank('mmx', 64, numbered('mm', 8));
/** `xmm0 ... xmm15`. */
export const xmm: readonly Register[] = bank('xmm', 128, numbered('xmm', 16));
/** `ymm0 ... ymm15`. */
export const ymm: readonly Register[] = bank('ymm', 256, numbered('ymm', 16));

/** Every register by its name. */
export const registers: ReadonlyMap<string, Register> = new Map(
  [gpr8, gprHigh, gpr16, gpr32, gpr64, segments, control, debug, x87, mmx, xmm, ymm]
    .flat()
    .map((each) => [each.name, each]),
);

function named(name: string): Register {
  return registers.get(name) as Register;
}

export const al: Register = named('al');
export const cl: Register = named('cl');
export const dl: Register = named('dl');
export const bl: Register = named('bl');
export const spl: Register = named('spl');
export const bpl: Register = named('bpl');
export const sil: Register = named('sil');
export const dil: Register = named('dil');
export const r8b: Register = named('r8b');
export const r9b: Register = named('r9b');
export const r10b: Register = named('r10b');
export const r11b: Register = named('r11b');
export const r12b: Register = named('r12b');
export const r13b: Register = named('r13b');
export const r14b: Register = named('r14b');
export const r15b: Register = named('r15b');
export const ah: Register = named('ah');
export const ch: Register = named('ch');
export const dh: Register = named('dh');
export const bh: Register = named('bh');
export const ax: Register = named('ax');
export const cx: Register = named('cx');
export const dx: Register = named('dx');
export const bx: Register = named('bx');
export const sp: Register = named('sp');
export const bp: Register = named('bp');
export const si: Register = named('si');
export const di: Register = named('di');
export const r8w: Register = named('r8w');
export const r9w: Register = named('r9w');
export const r10w: Register = named('r10w');
export const r11w: Register = named('r11w');
export const r12w: Register = named('r12w');
export const r13w: Register = named('r13w');
export const r14w: Register = named('r14w');
export const r15w: Register = named('r15w');
export const eax: Register = named('eax');
export const ecx: Register = named('ecx');
export const edx: Register = named('edx');
export const ebx: Register = named('ebx');
export const esp: Register = named('esp');
export const ebp: Register = named('ebp');
export const esi: Register = named('esi');
export const edi: Register = named('edi');
export const r8d: Register = named('r8d');
export const r9d: Register = named('r9d');
export const r10d: Register = named('r10d');
export const r11d: Register = named('r11d');
export const r12d: Register = named('r12d');
export const r13d: Register = named('r13d');
export const r14d: Register = named('r14d');
export const r15d: Register = named('r15d');
export const rax: Register = named('rax');
export const rcx: Register = named('rcx');
export const rdx: Register = named('rdx');
export const rbx: Register = named('rbx');
export const rsp: Register = named('rsp');
export const rbp: Register = named('rbp');
export const rsi: Register = named('rsi');
export const rdi: Register = named('rdi');
export const r8: Register = named('r8');
export const r9: Register = named('r9');
export const r10: Register = named('r10');
export const r11: Register = named('r11');
export const r12: Register = named('r12');
export const r13: Register = named('r13');
export const r14: Register = named('r14');
export const r15: Register = named('r15');
export const es: Register = named('es');
export const cs: Register = named('cs');
export const ss: Register = named('ss');
export const ds: Register = named('ds');
export const fs: Register = named('fs');
export const gs: Register = named('gs');
export const cr0: Register = named('cr0');
export const cr2: Register = named('cr2');
export const cr3: Register = named('cr3');
export const cr4: Register = named('cr4');
export const cr8: Register = named('cr8');
export const dr0: Register = named('dr0');
export const dr1: Register = named('dr1');
export const dr2: Register = named('dr2');
export const dr3: Register = named('dr3');
export const dr6: Register = named('dr6');
export const dr7: Register = named('dr7');
export const st0: Register = named('st0');
export const st1: Register = named('st1');
export const st2: Register = named('st2');
export const st3: Register = named('st3');
export const st4: Register = named('st4');
export const st5: Register = named('st5');
export const st6: Register = named('st6');
export const st7: Register = named('st7');
export const mm0: Register = named('mm0');
export const mm1: Register = named('mm1');
export const mm2: Register = named('mm2');
export const mm3: Register = named('mm3');
export const mm4: Register = named('mm4');
export const mm5: Register = named('mm5');
export const mm6: Register = named('mm6');
export const mm7: Register = named('mm7');
export const xmm0: Register = named('xmm0');
export const xmm1: Register = named('xmm1');
export const xmm2: Register = named('xmm2');
export const xmm3: Register = named('xmm3');
export const xmm4: Register = named('xmm4');
export const xmm5: Register = named('xmm5');
export const xmm6: Register = named('xmm6');
export const xmm7: Register = named('xmm7');
export const xmm8: Register = named('xmm8');
export const xmm9: Register = named('xmm9');
export const xmm10: Register = named('xmm10');
export const xmm11: Register = named('xmm11');
export const xmm12: Register = named('xmm12');
export const xmm13: Register = named('xmm13');
export const xmm14: Register = named('xmm14');
export const xmm15: Register = named('xmm15');
export const ymm0: Register = named('ymm0');
export const ymm1: Register = named('ymm1');
export const ymm2: Register = named('ymm2');
export const ymm3: Register = named('ymm3');
export const ymm4: Register = named('ymm4');
export const ymm5: Register = named('ymm5');
export const ymm6: Register = named('ymm6');
export const ymm7: Register = named('ymm7');
export const ymm8: Register = named('ymm8');
export const ymm9: Register = named('ymm9');
export const ymm10: Register = named('ymm10');
export const ymm11: Register = named('ymm11');
export const ymm12: Register = named('ymm12');
export const ymm13: Register = named('ymm13');
export const ymm14: Register = named('ymm14');
export const ymm15: Register = named('ymm15');
