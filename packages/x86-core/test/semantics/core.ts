/** A core without devices for tests and benchmarks: guest memory, pages with rights, registers by name. */
import { CodeBuffer, encode, gpr64, type Operand, type PrefixedMnemonic, type Register } from '../../src/index.ts';
import { runtimeBase64 } from '../../src/generated/runtime.ts';
import type { CodeSource } from '../../src/jit/code-source.ts';
import { compileSources } from '../../src/jit/compile.ts';
import { HandlerTable } from '../../src/semantics/handler-table.ts';
import { type CoreEnvironment, Interpreter } from '../../src/semantics/index.ts';
import { longMode } from '../../src/semantics/operand-shape.ts';
import { Reason, type ReasonCode } from '../../src/semantics/reason.ts';
import * as record from '../../src/semantics/record.ts';
import * as entry from '../../src/semantics/region-entry.ts';
import * as state from '../../src/semantics/state.ts';

/** The core's state lies here. */
export const CORE = 0x1_0000;

/** Guest page 0 lies here in the host's memory. */
export const GUEST = 0x80_0000;
const PAGE = 4096;
/** The record that regions are entered by, and their sites: behind the core's state. */
const ENTRY_RECORD = 0x70_0000;
const SITES = ENTRY_RECORD + 0x1000;

/** Runs from the region's first block until it leaves; RIP says where, the result why. */
export type Region = (budget: number) => ReasonCode;

export interface PageRights {
  readonly write: boolean;
}

/** One mnemonic and its operands; a string is a label, before an instruction or as the target of one. */
export type Line = string | readonly [PrefixedMnemonic, ...(Operand | string)[]];

export class TestCore {
  readonly memory: WebAssembly.Memory;
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Of the last refused access. */
  fault: { readonly address: bigint; readonly write: boolean } | undefined;
  /** Vector of the last exception that an instruction raised by itself. */
  exception: number | undefined;
  /** Accesses that had no entry in the TLB. */
  slowAccesses = 0;
  readonly interpreter: Interpreter;
  readonly #pages = new Map<number, PageRights>();
  readonly #environment: CoreEnvironment;
  /** Where compiled regions go: it has no handlers of instructions. */
  #table: HandlerTable | undefined;
  #deferred: { address: number; bytes: number; bounce: number } | undefined;

  constructor(guestBytes: number) {
    this.memory = new WebAssembly.Memory({ initial: (GUEST + guestBytes) / 65536 });
    this.view = new DataView(this.memory.buffer);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view.setBigInt64(CORE + state.DIRECTION, 1n, true);
    this.view.setInt32(CORE + state.TLB, CORE + state.TLB_SETS, true);
    this.flushTlb();
    for (let page = 1; page < guestBytes / PAGE; page++) this.#pages.set(page, { write: true });
    this.#environment = {
      memory: this.memory,
      core: CORE,
      recordsEnd: ENTRY_RECORD,
      functions: {
        ...this.#runtime(),
        translate: (_core: number, address: bigint, bytes: number, access: number) => {
          const host = this.#translate(BigInt.asUintN(64, address), bytes, access);
          this.view.setUint32(CORE + state.TRANSLATED_HOST, host, true);
          return host;
        },
        commit: () => this.#commit(),
        raise: (_core: number, vector: number) => void (this.exception = vector),
        beginLocked: () => {},
        endLocked: () => {},
        segmentFault: () => {
          throw new Error('There are no segments');
        },
      },
      fetch: (rip) => this.bytes.subarray(GUEST + Number(rip), GUEST + Number(rip) + 15),
    };
    this.interpreter = new Interpreter(this.#environment);
  }

  /** Arithmetic of the runtime; what it does with memory is replaced above. */
  #runtime(): WebAssembly.Exports {
    const module = new WebAssembly.Module(Buffer.from(runtimeBase64, 'base64'));
    const unused = (): never => {
      throw new Error('The runtime asked for memory');
    };
    const imports = Object.fromEntries(WebAssembly.Module.imports(module).map(({ name }) => [name, unused]));
    return new WebAssembly.Instance(module, { bus: imports, env: { memory: this.memory, abort: unused } }).exports;
  }

  flushTlb(): void {
    for (let entry = 0; entry < state.TLB_ENTRIES; entry++) {
      const at = CORE + state.TLB_SETS + entry * 16;
      this.view.setBigUint64(at, BigInt(state.TLB_EMPTY), true);
      this.view.setBigUint64(at + state.TLB_WRITE, BigInt(state.TLB_EMPTY), true);
    }
  }

  protect(page: number, rights: PageRights | undefined): void {
    if (rights === undefined) this.#pages.delete(page);
    else this.#pages.set(page, rights);
    this.flushTlb();
  }

  /** Pages are at most at 2 GiB; an access over the end of one goes through BOUNCE. */
  #translate(address: bigint, bytes: number, access: number): number {
    const write = (access & 1) !== 0;
    const bounce = CORE + state.BOUNCE + (access >> 4) * state.BOUNCE_BYTES;
    this.slowAccesses++;
    const first = address >> 12n;
    const last = BigInt.asUintN(64, address + BigInt(bytes - 1)) >> 12n;
    for (const page of [first, last]) {
      const rights = this.#pages.get(Number(page));
      if (rights !== undefined && (rights.write || !write)) continue;
      this.fault = { address: page === first ? address : page << 12n, write };
      return 0;
    }
    const host = GUEST + Number(address);
    const place = first === last ? Number(address & 0xfffn) : state.NOWHERE;
    this.view.setUint32(CORE + state.TRANSLATED, place, true);
    if (first !== last) {
      this.bytes.copyWithin(bounce, host, host + bytes);
      this.#deferred = { address: host, bytes, bounce };
      return bounce;
    }
    const entry = CORE + state.TLB_SETS + (write ? state.TLB_WRITE : 0) + (Number(first) % state.TLB_ENTRIES) * 16;
    this.view.setBigUint64(entry, first << 12n, true);
    this.view.setInt32(entry + 8, GUEST, true);
    return host;
  }

  #commit(): void {
    if (this.#deferred === undefined) throw new Error('A commit without a store');
    const { address, bytes, bounce } = this.#deferred;
    this.bytes.copyWithin(address, bounce, bounce + bytes);
  }

  get rip(): bigint {
    return this.view.getBigUint64(CORE + state.RIP, true);
  }

  set rip(value: bigint) {
    this.view.setBigUint64(CORE + state.RIP, value, true);
  }

  get(register: Register): bigint {
    return this.view.getBigUint64(CORE + state.GPR + 8 * register.number, true);
  }

  set(register: Register, value: bigint): void {
    this.view.setBigUint64(CORE + state.GPR + 8 * register.number, value, true);
  }

  /** CF, PF, AF, ZF, SF, OF at their bits of RFLAGS: read here by the definitions in SDM 1 3.4.3.1 from the three words. */
  get flags(): number {
    const word = (at: number): bigint => this.view.getBigUint64(CORE + at, true);
    const [result, carry, aux] = [word(state.FLAG_RESULT), word(state.FLAG_CARRY), word(state.FLAG_AUX)];
    let ones = 0;
    for (let bit = 0n; bit < 8n; bit++) ones += Number(((result ^ (aux >> 8n)) >> bit) & 1n);
    const top = carry >> 63n;
    return (
      Number(top) |
      (ones % 2 === 0 ? 4 : 0) |
      Number(aux & 0x10n) |
      (result === 0n ? 0x40 : 0) |
      (Number((result ^ aux) >> 63n) << 7) |
      (Number(top ^ ((carry >> 62n) & 1n)) << 11)
    );
  }

  set flags(value: number) {
    const zero = (value & 0x40) !== 0;
    const parity = (value & 4) !== 0;
    const sign = BigInt((value >> 7) & 1);
    const result = zero ? 0n : 1n;
    const odd = zero ? 0n : 1n;
    const wrongParity = parity === (odd === 0n) ? 0n : 1n;
    const cf = BigInt(value & 1);
    const of = BigInt((value >> 11) & 1);
    this.view.setBigUint64(CORE + state.FLAG_RESULT, result, true);
    this.view.setBigUint64(CORE + state.FLAG_CARRY, (cf << 63n) | ((cf ^ of) << 62n), true);
    this.view.setBigUint64(CORE + state.FLAG_AUX, BigInt(value & 0x10) | (wrongParity << 8n) | (sign << 63n), true);
  }

  /** What a region of these blocks is made from. */
  source(blocks: readonly bigint[]): CodeSource {
    const pages = Array.from({ length: 16 }, (_, number) => {
      const host = GUEST + number * PAGE;
      return { linear: BigInt(number * PAGE), physical: number * PAGE, bytes: this.bytes.slice(host, host + PAGE) };
    }).filter(({ bytes }) => bytes.length === PAGE);
    const parts = {
      user: false,
      realSegments: false,
      taskSwitched: false,
      monitorCoprocessor: false,
      emulation: false,
    };
    const mode = { key: '', shape: longMode, ...parts, sse: true, xsave: true, avx: true, single: false };
    const entry = blocks[0] as bigint;
    return { mode, missingFeatures: [], pages, entry, starts: blocks, wanted: blocks, targets: new Map() };
  }

  /** A region of these blocks and what they lead to among themselves; the entry is the first one. */
  compile(blocks: readonly bigint[]): Region {
    const source = this.source(blocks);
    const first = source.entry;
    const compiled = compileSources([source], { sharedMaximum: undefined, ordered: false, guestStart: GUEST });
    const region = compiled?.regions[0];
    if (compiled === undefined || region === undefined) {
      return () => {
        this.rip = first;
        return Reason.transfer;
      };
    }
    this.#table ??= new HandlerTable(this.#environment);
    const table = this.#table;
    const [index] = table.install(compiled.module, [region.name]);
    return (budget) => {
      const { view } = this;
      view.setInt32(ENTRY_RECORD + record.HANDLER, index as number, true);
      view.setInt32(ENTRY_RECORD + entry.ENTRY_NUMBER, region.entries.indexOf(first), true);
      // The interpreter's records are none of this table's.
      view.setInt32(CORE + state.JUMPS_KEY, view.getInt32(CORE + state.JUMPS_KEY, true) + 1, true);
      view.setInt32(ENTRY_RECORD + entry.ENTRY_KEY, view.getInt32(CORE + state.JUMPS_KEY, true), true);
      view.setInt32(ENTRY_RECORD + entry.ENTRY_SITES, SITES, true);
      view.setBigUint64(ENTRY_RECORD + record.INSTRUCTION_RIP, first, true);
      view.setBigInt64(CORE + state.BUDGET, BigInt(budget), true);
      table.run(ENTRY_RECORD, CORE);
      return view.getInt32(CORE + state.REASON, true) as ReasonCode;
    };
  }

  /** Everything an instruction can change: registers, flags, RIP, vector and x87 registers, guest memory. */
  snapshot(): { registers: bigint[]; rip: bigint; flags: number; vectors: string; memory: string } {
    return {
      registers: gpr64.map((register) => this.get(register)),
      rip: this.rip,
      flags: this.flags,
      vectors: textOf(this.bytes.subarray(CORE + state.YMM, CORE + state.X87_OPCODE + 4)),
      memory: textOf(this.bytes.subarray(GUEST)),
    };
  }

  restore(from: ReturnType<TestCore['snapshot']>): void {
    for (const [number, register] of gpr64.entries()) this.set(register, from.registers[number] as bigint);
    this.rip = from.rip;
    this.flags = from.flags;
    this.bytes.set(Buffer.from(from.vectors, 'latin1'), CORE + state.YMM);
    this.bytes.set(Buffer.from(from.memory, 'latin1'), GUEST);
    this.view.setBigInt64(CORE + state.DIRECTION, 1n, true);
    this.fault = undefined;
  }

  /** Writes a program and returns the addresses of its labels. */
  assemble(start: number, lines: readonly Line[]): Map<string, bigint> {
    const labels = new Map<string, bigint>();
    for (let pass = 0; pass < 2; pass++) {
      const out = new CodeBuffer();
      for (const line of lines) {
        if (typeof line === 'string') {
          labels.set(line, BigInt(start + out.length));
          continue;
        }
        const [mnemonic, ...operands] = line;
        if (typeof operands[0] === 'string') writeJump(out, start, mnemonic, labels.get(operands[0]) ?? 0n);
        else encode(64, mnemonic, operands as Operand[], out);
      }
      this.bytes.set(out.toBytes(), GUEST + start);
    }
    return labels;
  }
}

/** A character per byte: strings are compared at once. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** In the long form, so that lengths do not depend on the pass. */
function writeJump(out: CodeBuffer, start: number, mnemonic: PrefixedMnemonic, target: bigint): void {
  const before = out.length;
  encode(64, mnemonic, [1 << 20], out);
  const distance = Number(target) - (start + out.length);
  out.truncate(before);
  encode(64, mnemonic, [Math.abs(distance) < 128 ? 1 << 20 : distance], out);
  out.truncate(out.length - 4);
  out.reserve(4);
  out.write(distance, 4);
}
