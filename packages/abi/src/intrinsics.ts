/**
 * The machine instructions that guest code may use: imports from module `cpu`. The toolchain inlines each; on the host a test gives
 * fakes. This table is the only definition: `assembly/generated/cpu.ts` and the toolchain's lowering are checked against it.
 */

export type IntrinsicType = 'i32' | 'i64';

export interface Intrinsic {
  /** AssemblyScript parameter names and types; i32 and i64 underneath. */
  readonly parameters: readonly (readonly [name: string, type: 'u8' | 'u16' | 'u32' | 'u64' | 'usize'])[];
  readonly result: 'u8' | 'u16' | 'u32' | 'u64' | 'void';
  /** One line for the reader of guest code. */
  readonly summary: string;
}

const port = ['port', 'u16'] as const;
const wide = ['address', 'u64'] as const;

export const intrinsics: Readonly<Record<string, Intrinsic>> = {
  outb: { parameters: [port, ['value', 'u8']], result: 'void', summary: 'OUT DX, AL' },
  outw: { parameters: [port, ['value', 'u16']], result: 'void', summary: 'OUT DX, AX' },
  outl: { parameters: [port, ['value', 'u32']], result: 'void', summary: 'OUT DX, EAX' },
  inb: { parameters: [port], result: 'u8', summary: 'IN AL, DX' },
  inw: { parameters: [port], result: 'u16', summary: 'IN AX, DX' },
  inl: { parameters: [port], result: 'u32', summary: 'IN EAX, DX' },

  cli: { parameters: [], result: 'void', summary: 'Clears the interrupt flag.' },
  sti: { parameters: [], result: 'void', summary: 'Sets the interrupt flag.' },
  hlt: { parameters: [], result: 'void', summary: 'HLT' },
  stiHlt: {
    parameters: [],
    result: 'void',
    summary: 'STI; HLT with nothing between: an interrupt that is already pending wakes it.',
  },
  pause: { parameters: [], result: 'void', summary: 'PAUSE' },
  mfence: { parameters: [], result: 'void', summary: 'MFENCE: a full fence, never moved or removed.' },
  invlpg: { parameters: [wide], result: 'void', summary: 'INVLPG' },
  wbinvd: { parameters: [], result: 'void', summary: 'WBINVD' },
  rdtsc: { parameters: [], result: 'u64', summary: 'RDTSC, not ordered with anything.' },
  readFlags: { parameters: [], result: 'u64', summary: 'RFLAGS' },

  writeMxcsr: {
    parameters: [['value', 'u32']],
    result: 'void',
    summary: 'LDMXCSR; SSE must be enabled (CR4.OSFXSR).',
  },
  rdmsr: { parameters: [['register', 'u32']], result: 'u64', summary: 'RDMSR' },
  wrmsr: {
    parameters: [
      ['register', 'u32'],
      ['value', 'u64'],
    ],
    result: 'void',
    summary: 'WRMSR',
  },
  xgetbv: { parameters: [['register', 'u32']], result: 'u64', summary: 'XGETBV' },
  xsetbv: {
    parameters: [
      ['register', 'u32'],
      ['value', 'u64'],
    ],
    result: 'void',
    summary: 'XSETBV',
  },
  cpuid: {
    parameters: [
      ['leaf', 'u32'],
      ['subleaf', 'u32'],
      ['result', 'usize'],
    ],
    result: 'void',
    summary: 'CPUID; stores EAX, EBX, ECX, EDX at `result`, 4 bytes each.',
  },

  readCr0: { parameters: [], result: 'u64', summary: 'MOV from CR0' },
  readCr2: { parameters: [], result: 'u64', summary: 'MOV from CR2' },
  readCr3: { parameters: [], result: 'u64', summary: 'MOV from CR3' },
  readCr4: { parameters: [], result: 'u64', summary: 'MOV from CR4' },
  writeCr0: { parameters: [['value', 'u64']], result: 'void', summary: 'MOV to CR0' },
  writeCr3: { parameters: [['value', 'u64']], result: 'void', summary: 'MOV to CR3' },
  writeCr4: { parameters: [['value', 'u64']], result: 'void', summary: 'MOV to CR4' },
  lgdt: {
    parameters: [['pointer', 'usize']],
    result: 'void',
    summary: 'LGDT; CS is reloaded with SELECTOR_CODE64, DS, ES and SS with SELECTOR_DATA.',
  },
  lidt: { parameters: [['pointer', 'usize']], result: 'void', summary: 'LIDT' },
  ltr: { parameters: [['selector', 'u16']], result: 'void', summary: 'LTR' },
  writeFsBase: { parameters: [['base', 'u64']], result: 'void', summary: 'WRMSR IA32_FS_BASE' },
  writeGsBase: { parameters: [['base', 'u64']], result: 'void', summary: 'WRMSR IA32_GS_BASE' },

  monitor: { parameters: [['address', 'usize']], result: 'void', summary: 'MONITOR with no hints' },
  mwait: {
    parameters: [
      ['hints', 'u32'],
      ['extensions', 'u32'],
    ],
    result: 'void',
    summary: 'MWAIT',
  },
  umonitor: { parameters: [['address', 'usize']], result: 'void', summary: 'UMONITOR' },
  umwait: {
    parameters: [
      ['state', 'u32'],
      ['deadline', 'u64'],
    ],
    result: 'void',
    summary: 'UMWAIT until the TSC reaches `deadline`',
  },

  load8: { parameters: [wide], result: 'u8', summary: 'Volatile load from a 64-bit address.' },
  load16: { parameters: [wide], result: 'u16', summary: 'Volatile load from a 64-bit address.' },
  load32: { parameters: [wide], result: 'u32', summary: 'Volatile load from a 64-bit address.' },
  load64: { parameters: [wide], result: 'u64', summary: 'Volatile load from a 64-bit address.' },
  store8: { parameters: [wide, ['value', 'u8']], result: 'void', summary: 'Volatile store to a 64-bit address.' },
  store16: { parameters: [wide, ['value', 'u16']], result: 'void', summary: 'Volatile store to a 64-bit address.' },
  store32: { parameters: [wide, ['value', 'u32']], result: 'void', summary: 'Volatile store to a 64-bit address.' },
  store64: { parameters: [wide, ['value', 'u64']], result: 'void', summary: 'Volatile store to a 64-bit address.' },
  copy64: {
    parameters: [
      ['to', 'u64'],
      ['from', 'u64'],
      ['bytes', 'u64'],
    ],
    result: 'void',
    summary: 'REP MOVSB, upwards, on 64-bit addresses.',
  },
  fill64: {
    parameters: [
      ['to', 'u64'],
      ['value', 'u8'],
      ['bytes', 'u64'],
    ],
    result: 'void',
    summary: 'REP STOSB on 64-bit addresses.',
  },

  framePointer: {
    parameters: [],
    result: 'u64',
    summary: 'RSP as it is in the body of the calling function (see image-directory.ts, frameBytes).',
  },
  instructionPointer: {
    parameters: [],
    result: 'u64',
    summary: 'Address of an instruction inside the calling function.',
  },
  call: {
    parameters: [
      ['entry', 'u64'],
      ['a', 'u64'],
      ['b', 'u64'],
      ['c', 'u64'],
    ],
    result: 'u64',
    summary: 'Calls native code at `entry` by the System V convention (an entry point out of the image directory).',
  },
  breakpoint: { parameters: [], result: 'void', summary: 'INT3' },
};
