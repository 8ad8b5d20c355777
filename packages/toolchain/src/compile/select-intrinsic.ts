/** The imports from module `cpu`: machine instructions in place of calls. One entry for each row of abi's table. */
import type { Value } from '../ir/graph.ts';
import { I32, I64 } from '../wasm/types.ts';
import {
  type LirInstruction,
  type MemoryOperand,
  NONE,
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  RSI,
  type Width,
  symbolMemory,
} from './lir.ts';
import { memoryBaseOf } from './memory-base.ts';
import type { Selector } from './selector.ts';

type Lowering = (selector: Selector, value: Value, args: readonly Value[]) => void;

/** Registers of the arguments of `call`. */
const CALL_ARGUMENTS = [RDI, RSI, RDX];

function fixed(instruction: LirInstruction, reads: readonly number[], writes: readonly number[]): LirInstruction {
  instruction.reads = reads;
  instruction.writes = writes;
  return instruction;
}

/** Loads a 32- or 64-bit argument into a fixed register; the upper half is what the value has. */
function into(selector: Selector, register: number, value: Value, bits: Width): void {
  selector.copyTo(register, value, bits);
}

function plain(mnemonic: string): Lowering {
  return (selector) => void selector.emit(mnemonic);
}

function out(mnemonic: string, bits: 8 | 16 | 32): Lowering {
  return (selector, _value, [port, data]) => {
    const byte = port?.isConstant && port.constant >= 0n && port.constant < 256n ? Number(port.constant) : undefined;
    into(selector, RAX, data as Value, 32);
    if (byte === undefined) into(selector, RDX, port as Value, 32);
    const source = selector.read(RAX, bits);
    if (byte === undefined) selector.emit(mnemonic, selector.read(RDX, 16), source);
    else selector.emit(mnemonic, byte, source);
  };
}

function input(bits: 8 | 16 | 32): Lowering {
  return (selector, value, [port]) => {
    const byte = port?.isConstant && port.constant >= 0n && port.constant < 256n ? Number(port.constant) : undefined;
    if (byte === undefined) into(selector, RDX, port as Value, 32);
    selector.emit('in', selector.defined(RAX, bits), byte ?? selector.read(RDX, 16));
    if (!selector.isWanted(value)) return;
    if (bits === 32) selector.emitKind('move', 'mov', selector.result(value, 32), selector.read(RAX, 32));
    else selector.emit('movzx', selector.result(value, 32), selector.read(RAX, bits));
  };
}

/** EDX:EAX as one 64-bit result. */
function joinHalves(selector: Selector, value: Value): void {
  if (!selector.isWanted(value)) return;
  const result = selector.registerOf(value);
  selector.emit('mov', selector.defined(result, 32), selector.read(RDX, 32));
  selector.emit('shl', selector.modified(result, 64), 32);
  const low = selector.newRegister(I64);
  selector.emit('mov', selector.defined(low, 32), selector.read(RAX, 32));
  selector.emit('or', selector.modified(result, 64), selector.read(low, 64));
}

/** EDX:EAX from a 64-bit value. */
function splitHalves(selector: Selector, value: Value): void {
  into(selector, RDX, value, 64);
  selector.emit('shr', selector.modified(RDX, 64), 32);
  into(selector, RAX, value, 64);
}

function readWide(mnemonic: string, hasRegister: boolean): Lowering {
  return (selector, value, [register]) => {
    if (hasRegister) into(selector, RCX, register as Value, 32);
    fixed(selector.emit(mnemonic), hasRegister ? [RCX] : [], [RAX, RDX]);
    joinHalves(selector, value);
  };
}

function writeWide(mnemonic: string): Lowering {
  return (selector, _value, [register, data]) => {
    splitHalves(selector, data as Value);
    into(selector, RCX, register as Value, 32);
    fixed(selector.emit(mnemonic), [RAX, RCX, RDX], []);
  };
}

function writeBase(msr: number): Lowering {
  return (selector, _value, [base]) => {
    splitHalves(selector, base as Value);
    selector.emit('mov', selector.defined(RCX, 32), msr);
    fixed(selector.emit('wrmsr'), [RAX, RCX, RDX], []);
  };
}

function readControl(name: string): Lowering {
  return (selector, value) => {
    if (selector.isWanted(value)) selector.emit(`mov ${name}`, selector.result(value, 64));
  };
}

function writeControl(name: string): Lowering {
  return (selector, _value, [data]) => void selector.emit(`mov to ${name}`, selector.use(data as Value, 64));
}

/** A memory operand at a 64-bit address, or at a pointer of the module's own memory. */
function at(selector: Selector, address: Value, bits: Width | 0): MemoryOperand {
  if (address.isConstant) {
    const target = BigInt.asUintN(address.type === I32 ? 32 : 64, address.constant);
    if (target <= 0x7fffffffn) return { ...symbolMemory(undefined, bits), displacement: Number(target) };
    if (target < 1n << 32n)
      return { ...symbolMemory(undefined, bits), displacement: Number(BigInt.asIntN(32, target)), wrap: true };
  }
  return { ...symbolMemory(undefined, bits), base: selector.use(address, 64).register };
}

/** As `at`, for pointers: the memory's base is added. */
function atPointer(selector: Selector, pointer: Value, bits: Width | 0, offset = 0): MemoryOperand {
  const { register, displacement } = memoryBaseOf(selector.context);
  const memory = { ...symbolMemory(undefined, bits), base: selector.use(pointer, 64).register };
  return { ...memory, index: register, displacement: displacement + offset };
}

function load(bits: Width): Lowering {
  return (selector, value, [address]) => {
    const memory = at(selector, address as Value, bits);
    const target = selector.isWanted(value) ? selector.registerOf(value) : selector.newRegister(I64);
    if (bits < 32) selector.emit('movzx', selector.defined(target, 32), memory);
    else selector.emit('mov', selector.defined(target, bits), memory);
  };
}

function store(bits: Width): Lowering {
  return (selector, _value, [address, data]) => {
    const source = selector.registerOrImmediate(data as Value, bits);
    selector.emit('mov', at(selector, address as Value, bits), source);
  };
}

function descriptorTable(mnemonic: string): Lowering {
  return (selector, _value, [pointer]) => void selector.emit(mnemonic, atPointer(selector, pointer as Value, 0));
}

function pointerInRax(selector: Selector, pointer: Value): void {
  selector.emit('lea', selector.defined(RAX, 64), atPointer(selector, pointer, 0));
}

export const loweredIntrinsics: Readonly<Record<string, Lowering>> = {
  outb: out('out', 8),
  outw: out('out', 16),
  outl: out('out', 32),
  inb: input(8),
  inw: input(16),
  inl: input(32),
  cli: plain('cli'),
  sti: plain('sti'),
  hlt: plain('hlt'),
  stiHlt: (selector) => {
    selector.emit('sti');
    selector.emit('hlt');
  },
  pause: plain('pause'),
  mfence: plain('mfence'),
  invlpg: (selector, _value, [address]) => void selector.emit('invlpg', at(selector, address as Value, 0)),
  wbinvd: plain('wbinvd'),
  writeMxcsr: (selector, _value, [data]) =>
    void selector.emitKind('macro', 'write_mxcsr', selector.use(data as Value, 64)),
  rdtsc: readWide('rdtsc', false),
  readFlags: (selector, value) => {
    const target = selector.isWanted(value) ? selector.registerOf(value) : selector.newRegister(I64);
    selector.emitKind('macro', 'read_flags', selector.defined(target, 64));
  },
  rdmsr: readWide('rdmsr', true),
  wrmsr: writeWide('wrmsr'),
  xgetbv: readWide('xgetbv', true),
  xsetbv: writeWide('xsetbv'),
  cpuid: (selector, _value, [leaf, subleaf, result]) => {
    const pointer = selector.use(result as Value, 64);
    into(selector, RAX, leaf as Value, 32);
    into(selector, RCX, subleaf as Value, 32);
    fixed(selector.emit('cpuid'), [RAX, RCX], [RAX, RBX, RCX, RDX]);
    const base = memoryBaseOf(selector.context);
    [RAX, RBX, RCX, RDX].forEach((register, i) => {
      const place = { base: pointer.register, index: base.register, displacement: base.displacement + 4 * i };
      const memory = { ...symbolMemory(undefined, 32), ...place };
      selector.emit('mov', memory, selector.read(register, 32));
    });
  },
  readCr0: readControl('cr0'),
  readCr2: readControl('cr2'),
  readCr3: readControl('cr3'),
  readCr4: readControl('cr4'),
  writeCr0: writeControl('cr0'),
  writeCr3: writeControl('cr3'),
  writeCr4: writeControl('cr4'),
  lgdt: (selector, _value, [pointer]) => {
    selector.emit('lgdt', atPointer(selector, pointer as Value, 0));
    fixed(selector.emitKind('macro', 'reload_segments'), [], [RAX]);
  },
  lidt: descriptorTable('lidt'),
  ltr: (selector, _value, [index]) => void selector.emit('ltr', selector.use(index as Value, 16)),
  writeFsBase: writeBase(0xc0000100),
  writeGsBase: writeBase(0xc0000101),
  monitor: (selector, _value, [address]) => {
    pointerInRax(selector, address as Value);
    selector.emitKind('zero', 'xor', selector.defined(RCX, 32));
    selector.emitKind('zero', 'xor', selector.defined(RDX, 32));
    fixed(selector.emit('monitor'), [RAX, RCX, RDX], []);
  },
  mwait: (selector, _value, [hints, extensions]) => {
    into(selector, RAX, hints as Value, 32);
    into(selector, RCX, extensions as Value, 32);
    fixed(selector.emit('mwait'), [RAX, RCX], []);
  },
  umonitor: (selector, _value, [address]) => {
    pointerInRax(selector, address as Value);
    selector.emit('umonitor', selector.read(RAX, 64));
  },
  umwait: (selector, _value, [state, deadline]) => {
    splitHalves(selector, deadline as Value);
    const operand = selector.use(state as Value, 32);
    fixed(selector.emit('umwait', operand), [RAX, RDX], []);
  },
  load8: load(8),
  load16: load(16),
  load32: load(32),
  load64: load(64),
  store8: store(8),
  store16: store(16),
  store32: store(32),
  store64: store(64),
  copy64: (selector, _value, [to, from, bytes]) => {
    into(selector, RDI, to as Value, 64);
    into(selector, RSI, from as Value, 64);
    into(selector, RCX, bytes as Value, 64);
    fixed(selector.emit('rep movsb'), [RDI, RSI, RCX], [RDI, RSI, RCX]);
  },
  fill64: (selector, _value, [to, data, bytes]) => {
    into(selector, RDI, to as Value, 64);
    into(selector, RAX, data as Value, 32);
    into(selector, RCX, bytes as Value, 64);
    fixed(selector.emit('rep stosb'), [RDI, RAX, RCX], [RDI, RCX]);
  },
  framePointer: (selector, value) => {
    if (selector.isWanted(value)) selector.emitKind('macro', 'frame_pointer', selector.result(value, 64));
  },
  instructionPointer: (selector, value) => {
    if (selector.isWanted(value)) selector.emitKind('macro', 'instruction_pointer', selector.result(value, 64));
  },
  call: (selector, value, [entry, ...parameters]) => {
    selector.lir.makesCalls = true;
    const moves = parameters.map((parameter, i) => ({
      to: CALL_ARGUMENTS[i] as number,
      slot: NONE,
      from: selector.moveSource(parameter),
      bits: 64 as const,
    }));
    into(selector, RAX, entry as Value, 64);
    const instruction = selector.emitKind('call', 'call', selector.read(RAX, 64));
    instruction.moves = moves;
    instruction.writes = [RAX];
    if (selector.isWanted(value)) selector.emitKind('move', 'mov', selector.result(value, 64), selector.read(RAX, 64));
  },
  breakpoint: plain('int3'),
};

export function selectIntrinsic(selector: Selector, value: Value): void {
  const lower = loweredIntrinsics[value.aux as string];
  if (lower === undefined) throw new Error(`no code for cpu.${value.aux as string}`);
  lower(selector, value, value.args);
}
