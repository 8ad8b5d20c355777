/** Exceptions in words: what happened, to whom, where, with registers and backtrace. For Thread/C's own and for a worker's crash record. */
import {
  FRAME_CS_AT,
  FRAME_ERROR_AT,
  FRAME_R10_AT,
  FRAME_R11_AT,
  FRAME_R12_AT,
  FRAME_R13_AT,
  FRAME_R14_AT,
  FRAME_R15_AT,
  FRAME_R8_AT,
  FRAME_R9_AT,
  FRAME_RAX_AT,
  FRAME_RBP_AT,
  FRAME_RBX_AT,
  FRAME_RCX_AT,
  FRAME_RDI_AT,
  FRAME_RDX_AT,
  FRAME_RFLAGS_AT,
  FRAME_RIP_AT,
  FRAME_RSI_AT,
  FRAME_RSP_AT,
  FRAME_VECTOR_AT,
} from '@drift-os/abi/layout/interrupt-frame';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { printBacktrace, printLocation } from './backtrace';
import { trapReason } from './image';
import { ledgerLookup, ledgerPurpose } from './ledger';
import { newline, print, printCounted, printDecimal, printHex, printHexDigits } from './print';
import { printOwner, printPurpose } from './ledger-names';
import { guardOwner } from './stacks';

const PAGE_FAULT: u64 = 14;
const PAGE_FAULT_PRESENT: u64 = 1 << 0;
const PAGE_FAULT_WRITE: u64 = 1 << 1;
const PAGE_FAULT_RESERVED: u64 = 1 << 3;
const PAGE_FAULT_FETCH: u64 = 1 << 4;
const INVALID_OPCODE: u64 = 6;
const DOUBLE_FAULT: u64 = 8;

/** Names of SDM 3A table 6-1. */
function exceptionName(vector: u64): string {
  if (vector == 0) return 'division by zero, or a quotient that does not fit (#DE)';
  if (vector == 1) return 'debug exception (#DB)';
  if (vector == 2) return 'non-maskable interrupt (NMI)';
  if (vector == 3) return 'breakpoint (#BP)';
  if (vector == 4) return 'overflow (#OF)';
  if (vector == 5) return 'bound range exceeded (#BR)';
  if (vector == INVALID_OPCODE) return 'invalid opcode (#UD)';
  if (vector == 7) return 'no floating-point or vector unit (#NM)';
  if (vector == DOUBLE_FAULT) return 'double fault (#DF)';
  if (vector == 10) return 'invalid TSS (#TS)';
  if (vector == 11) return 'segment not present (#NP)';
  if (vector == 12) return 'stack fault (#SS)';
  if (vector == 13) return 'general protection fault (#GP)';
  if (vector == PAGE_FAULT) return 'page fault (#PF)';
  if (vector == 16) return 'floating-point error (#MF)';
  if (vector == 17) return 'misaligned access (#AC)';
  if (vector == 18) return 'machine check (#MC)';
  if (vector == 19) return 'SIMD floating-point error (#XM)';
  return 'unexpected exception';
}

/** What is at the address that a page fault is about. */
function printPage(address: u64): void {
  if (address < <u64>PAGE_BYTES) {
    print('page 0, which is never mapped (a null pointer?)');
    return;
  }
  const guard = guardOwner(address);
  if (guard != 0) {
    print('the guard page of a stack of ');
    printOwner(guard);
    print(': the stack is used up');
    return;
  }
  const entry = ledgerLookup(address / PAGE_BYTES);
  if (entry < 0) {
    print('no RAM');
    return;
  }
  print('a page of ');
  printOwner(<u32>entry);
  print(' (');
  printPurpose(ledgerPurpose(<u32>entry));
  print(')');
}

/** One sentence: the cause of the exception in a frame, where `cr2` is the address of a page fault. */
export function printCause(frame: usize, cr2: u64): void {
  const vector = load<u64>(frame, FRAME_VECTOR_AT);
  const error = load<u64>(frame, FRAME_ERROR_AT);
  const address = load<u64>(frame, FRAME_RIP_AT);
  const reason = vector == INVALID_OPCODE ? trapReason(address) : 0;
  if (reason != 0) {
    printCounted(reason);
  } else if (vector == PAGE_FAULT) {
    print(error & PAGE_FAULT_FETCH ? 'execution' : error & PAGE_FAULT_WRITE ? 'write' : 'read');
    print(error & PAGE_FAULT_PRESENT ? ' not allowed at ' : ' of unmapped memory at ');
    printHex(cr2);
    if (error & PAGE_FAULT_RESERVED) print(' (reserved bits in the page tables)');
    print(', in ');
    printPage(cr2);
  } else {
    print(exceptionName(vector));
    if (vector > 31) {
      print(', vector ');
      printDecimal(vector);
    }
    if (error != 0) {
      print(', error code ');
      printHex(error);
    }
    if (vector == DOUBLE_FAULT && guardOwner(cr2) != 0) {
      print(' by ');
      printPage(cr2);
    }
  }
  newline();
  print('  at ');
  printLocation(address);
  newline();
}

function register(name: string, value: u64, last: bool): void {
  print(name);
  print(' ');
  printHexDigits(value, 16);
  if (last) newline();
  else print('  ');
}

/** All registers of a frame, four to a line. */
export function printRegisters(frame: usize, cr2: u64, cr3: u64): void {
  register('rax', load<u64>(frame, FRAME_RAX_AT), false);
  register('rbx', load<u64>(frame, FRAME_RBX_AT), false);
  register('rcx', load<u64>(frame, FRAME_RCX_AT), true);
  register('rdx', load<u64>(frame, FRAME_RDX_AT), false);
  register('rsi', load<u64>(frame, FRAME_RSI_AT), false);
  register('rdi', load<u64>(frame, FRAME_RDI_AT), true);
  register('rbp', load<u64>(frame, FRAME_RBP_AT), false);
  register('rsp', load<u64>(frame, FRAME_RSP_AT), false);
  register('rip', load<u64>(frame, FRAME_RIP_AT), true);
  register('r8 ', load<u64>(frame, FRAME_R8_AT), false);
  register('r9 ', load<u64>(frame, FRAME_R9_AT), false);
  register('r10', load<u64>(frame, FRAME_R10_AT), true);
  register('r11', load<u64>(frame, FRAME_R11_AT), false);
  register('r12', load<u64>(frame, FRAME_R12_AT), false);
  register('r13', load<u64>(frame, FRAME_R13_AT), true);
  register('r14', load<u64>(frame, FRAME_R14_AT), false);
  register('r15', load<u64>(frame, FRAME_R15_AT), false);
  register('flg', load<u64>(frame, FRAME_RFLAGS_AT), true);
  register('cs ', load<u64>(frame, FRAME_CS_AT), false);
  register('cr2', cr2, false);
  register('cr3', cr3, true);
}

/** Cause, registers and backtrace. */
export function printException(frame: usize, cr2: u64, cr3: u64): void {
  printCause(frame, cr2);
  printRegisters(frame, cr2, cr3);
  printBacktrace(load<u64>(frame, FRAME_RIP_AT), load<u64>(frame, FRAME_RSP_AT));
}
