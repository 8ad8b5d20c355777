/**
 * The other end of gdb's remote serial protocol (gdb manual, appendix E), for any transport: bytes in, bytes out. All-stop: when one core stops, all do.
 * Cores are threads, numbered from 1. Memory is by linear address, through the page tables of the core that gdb looks at.
 */
import type { Cpu } from '@drift-os/x86-core';
import type { Machine } from '../machine.ts';
import { GdbPacketReader, gdbPacket } from './gdb-packet.ts';
import { gdbRegisters } from './gdb-registers.ts';
import { GdbStopPoints } from './gdb-stop-points.ts';
import { gdbTargetDescription } from './gdb-target-description.ts';
import { instructionAddress, readLinear, writeLinear } from './linear-memory.ts';
import type { Stop } from './stop.ts';

const OK = 'OK';
/** Of a packet that is not understood. */
const UNSUPPORTED = '';
/** EFAULT: memory that is not there. */
const BAD_ADDRESS = 'E14';
/** EINVAL. */
const BAD_ARGUMENT = 'E22';
/** Bytes of a packet: what gdb may send. */
const PACKET_BYTES = 0x8000;
const FEATURES = [
  `PacketSize=${PACKET_BYTES.toString(16)}`,
  'qXfer:features:read+',
  'QStartNoAckMode+',
  'vContSupported+',
  'swbreak+',
  'hwbreak+',
].join(';');
const SIGINT = '02';
const SIGTRAP = '05';
const MONITOR_HELP = 'reset: press the reset button. screen: the text screen.\n';

export class GdbStub {
  readonly #machine: Machine;
  readonly #send: (bytes: Uint8Array) => void;
  readonly #reader = new GdbPacketReader();
  readonly #stopPoints: GdbStopPoints;
  readonly #removeListener: () => void;
  #lastSent: Uint8Array = new Uint8Array();
  #acknowledges = true;
  #closed = false;
  /** gdb waits for a stop. */
  #resumed = false;
  #stop: Stop;
  /** The core that registers and memory are of, and the one that `c` and `s` are for. */
  #core = 0;
  #steppedCore = 0;

  /** Speaks for a machine that is paused, from now on until `close`. `send` gives bytes to gdb. */
  constructor(machine: Machine, send: (bytes: Uint8Array) => void) {
    this.#machine = machine;
    this.#send = send;
    this.#stopPoints = new GdbStopPoints(machine);
    this.#stop = { reason: 'pause', core: 0, address: instructionAddress(machine.cores[0] as Cpu) };
    this.#removeListener = machine.onStop((stop) => this.#stopped(stop));
    void machine.ended.then(({ status }) => {
      if (this.#resumed) this.#reply(`W${hexByte(status)}`);
      this.close();
    });
  }

  /** Bytes from gdb. */
  receive(bytes: Uint8Array): void {
    for (const input of this.#reader.read(bytes)) {
      if (this.#closed) return;
      if (input.kind === 'interrupt') void this.#machine.pause();
      else if (input.kind === 'again') this.#send(this.#lastSent);
      else if (input.kind === 'damaged') this.#send(Uint8Array.of(0x2d));
      else {
        if (this.#acknowledges) this.#send(Uint8Array.of(0x2b));
        const reply = this.#answer(input.data);
        if (reply !== undefined) this.#reply(reply);
      }
    }
  }

  /** gdb has gone: its breakpoints go, and the machine goes on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#removeListener();
    this.#stopPoints.clear();
    this.#machine.run();
  }

  #reply(text: string): void {
    this.#lastSent = gdbPacket(text);
    this.#send(this.#lastSent);
  }

  #stopped(stop: Stop): void {
    this.#stop = stop;
    if (!this.#resumed) return;
    this.#resumed = false;
    this.#reply(this.#stopReply());
  }

  #stopReply(): string {
    const { reason, core, address, hit } = this.#stop;
    this.#core = core;
    this.#steppedCore = core;
    const thread = `thread:${hexByte(core + 1)};`;
    if (reason === 'pause') return `T${SIGINT}${thread}`;
    if (hit === undefined) {
      const kind = reason === 'breakpoint' ? this.#stopPoints.kindAt(address) : undefined;
      return `T${SIGTRAP}${thread}${kind === undefined ? '' : `${kind}:;`}`;
    }
    const { kind, linear } = hit.watchpoint;
    const name = { write: 'watch', read: 'rwatch', access: 'awatch' }[kind];
    return `T${SIGTRAP}${thread}${name}:${linear.toString(16)};`;
  }

  /** undefined: the answer comes when the machine stops, or there is none. */
  #answer(data: Uint8Array): string | undefined {
    const text = String.fromCharCode(...data);
    const rest = text.slice(1);
    switch (text[0]) {
      case '?':
        return this.#stopReply();
      case 'g':
        return gdbRegisters.map((_, number) => this.#readRegister(number)).join('');
      case 'G':
        return this.#writeRegisters(rest);
      case 'p':
        return this.#readRegister(Number.parseInt(rest, 16));
      case 'P':
        return this.#writeRegister(rest);
      case 'm':
        return this.#readMemory(rest);
      case 'M':
        return this.#writeMemory(rest, (body) => bytesOf(body));
      case 'X':
        return this.#writeMemory(rest, (body) => Uint8Array.from(body, (character) => character.charCodeAt(0)));
      case 'Z':
      case 'z':
        return this.#changeStopPoint(text);
      case 'c':
      case 's':
        return this.#resumeAt(text[0], rest);
      case 'H':
        return this.#selectThread(rest);
      case 'T':
        return this.#coreOf(rest) === undefined ? BAD_ARGUMENT : OK;
      case 'D':
        this.#reply(OK);
        this.close();
        return undefined;
      case 'k':
        void this.#machine.stop();
        return undefined;
      case 'v':
        return this.#answerVerbose(text);
      case 'q':
      case 'Q':
        return this.#answerQuery(text);
      default:
        return UNSUPPORTED;
    }
  }

  #answerVerbose(text: string): string | undefined {
    if (text === 'vCont?') return 'vCont;c;C;s;S';
    if (text.startsWith('vCont;')) return this.#continue(text.slice('vCont;'.length).split(';'));
    if (!text.startsWith('vKill')) return UNSUPPORTED;
    this.#reply(OK);
    void this.#machine.stop();
    return undefined;
  }

  #answerQuery(text: string): string {
    const description = 'qXfer:features:read:target.xml:';
    if (text.startsWith('qSupported')) return FEATURES;
    if (text === 'QStartNoAckMode') {
      this.#acknowledges = false;
      return OK;
    }
    if (text.startsWith(description)) return partOf(gdbTargetDescription, text.slice(description.length));
    if (text === 'qfThreadInfo') return `m${this.#machine.cores.map((_, core) => (core + 1).toString(16)).join()}`;
    if (text === 'qsThreadInfo') return 'l';
    if (text === 'qC') return `QC${(this.#core + 1).toString(16)}`;
    if (text === 'qAttached') return '1';
    const [, thread] = /^qThreadExtraInfo,(.*)$/.exec(text) ?? [];
    if (thread !== undefined) return this.#describeThread(thread);
    const [, command] = /^qRcmd,(.*)$/.exec(text) ?? [];
    if (command !== undefined) return this.#monitor(new TextDecoder().decode(bytesOf(command)));
    return UNSUPPORTED;
  }

  get #cpu(): Cpu {
    return this.#machine.cores[this.#core] as Cpu;
  }

  #readRegister(number: number): string {
    const register = gdbRegisters[number];
    if (register === undefined) return BAD_ARGUMENT;
    const value = register.read(this.#cpu);
    return hexOf(Array.from({ length: register.bits / 8 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn)));
  }

  #writeRegister(text: string): string {
    const [number = '', value = ''] = text.split('=');
    const register = gdbRegisters[Number.parseInt(number, 16)];
    if (register === undefined || value.length !== register.bits / 4) return BAD_ARGUMENT;
    register.write(this.#cpu, valueOf(value));
    return OK;
  }

  #writeRegisters(text: string): string {
    let at = 0;
    for (const register of gdbRegisters) {
      const value = text.slice(at, at + register.bits / 4);
      at += register.bits / 4;
      if (value.length === register.bits / 4) register.write(this.#cpu, valueOf(value));
    }
    return OK;
  }

  #readMemory(text: string): string {
    const [address = '', length = ''] = text.split(',');
    const bytes = Math.min(Number.parseInt(length, 16), PACKET_BYTES / 2);
    const linear = numberOf(address);
    if (linear === undefined || Number.isNaN(bytes)) return BAD_ARGUMENT;
    const read = readLinear(this.#cpu, linear, bytes);
    return read.length === 0 && bytes > 0 ? BAD_ADDRESS : hexOf(read);
  }

  #writeMemory(text: string, decode: (body: string) => Uint8Array): string {
    const colon = text.indexOf(':');
    const [address = '', length = ''] = text.slice(0, colon).split(',');
    const linear = numberOf(address);
    const bytes = decode(text.slice(colon + 1));
    if (linear === undefined || bytes.length !== Number.parseInt(length, 16)) return BAD_ARGUMENT;
    return writeLinear(this.#cpu, linear, bytes) ? OK : BAD_ADDRESS;
  }

  #changeStopPoint(text: string): string {
    const [kind = '', address = '', length = ''] = text.slice(1).split(',');
    const linear = numberOf(address);
    const bytes = Number.parseInt(length, 16);
    if (linear === undefined || Number.isNaN(bytes)) return BAD_ARGUMENT;
    if (text.startsWith('z')) {
      this.#stopPoints.remove(kind, linear, bytes);
      return OK;
    }
    return this.#stopPoints.insert(kind, linear, bytes) ? OK : UNSUPPORTED;
  }

  #resumeAt(action: string, address: string): string | undefined {
    const linear = numberOf(address);
    if (linear !== undefined) gdbRegisters.find(({ name }) => name === 'rip')?.write(this.#cpu, linear);
    return action === 'c' ? this.#continue(['c']) : this.#continue([`s:${(this.#steppedCore + 1).toString(16)}`]);
  }

  /** What vCont's actions say: one thread steps, others may go on with it; or all go on. Signals mean nothing here. */
  #continue(actions: readonly string[]): string | undefined {
    const step = actions.find((action) => /^[sS]/.test(action));
    if (step === undefined) {
      this.#resumed = true;
      this.#machine.run();
      return undefined;
    }
    const core = this.#coreOf(step.split(':')[1] ?? '') ?? this.#steppedCore;
    this.#stop = this.#machine.step(core, { others: actions.some((action) => /^[cC]/.test(action)) });
    return this.#stopReply();
  }

  #selectThread(text: string): string {
    const core = this.#coreOf(text.slice(1));
    if (core === undefined) return /^.(0|-1)$/.test(text) ? OK : BAD_ARGUMENT;
    if (text.startsWith('c')) this.#steppedCore = core;
    else this.#core = core;
    return OK;
  }

  #coreOf(thread: string): number | undefined {
    const core = Number.parseInt(thread, 16) - 1;
    return this.#machine.cores[core] === undefined ? undefined : core;
  }

  #describeThread(thread: string): string {
    const core = this.#coreOf(thread);
    if (core === undefined) return BAD_ARGUMENT;
    return hexOf(new TextEncoder().encode(`core ${core}, ${this.#machine.cores[core]?.system.activity ?? ''}`));
  }

  #monitor(command: string): string {
    let text = MONITOR_HELP;
    if (command === 'reset') {
      this.#machine.reset();
      text = 'The machine was reset.\n';
    } else if (command === 'screen') text = `${this.#machine.screenText()}\n`;
    return hexOf(new TextEncoder().encode(text));
  }
}

/** The answer to a read of an object: `m`, or `l` for the last part. */
function partOf(text: string, range: string): string {
  const [offset = 0, length = 0] = range.split(',').map((each) => Number.parseInt(each, 16));
  const part = text.slice(offset, offset + length);
  return `${offset + length < text.length ? 'm' : 'l'}${part}`;
}

function numberOf(text: string): bigint | undefined {
  return /^[0-9a-fA-F]+$/.test(text) ? BigInt(`0x${text}`) : undefined;
}

/** Of bytes as two digits each, the lowest first. */
function valueOf(text: string): bigint {
  return bytesOf(text).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length >> 1 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

function hexOf(bytes: Iterable<number>): string {
  return Array.from(bytes, hexByte).join('');
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
