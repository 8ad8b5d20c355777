/** Operands as text, in Intel syntax. */
import type { Memory, Operand } from '../operand.ts';

const sizeWords: Readonly<Record<number, string>> = {
  8: 'byte ptr ',
  16: 'word ptr ',
  32: 'dword ptr ',
  48: 'fword ptr ',
  64: 'qword ptr ',
  80: 'tbyte ptr ',
  128: 'xmmword ptr ',
  256: 'ymmword ptr ',
};

/** `rax`, `dword ptr gs:[rbx+rcx*4-0x8]`, `0x7c00`, `label+4`, `0x8:start`. */
export function formatOperand(operand: Operand): string {
  if (typeof operand !== 'object') return formatNumber(operand);
  switch (operand.kind) {
    case 'register':
      return operand.name;
    case 'symbol':
      return withAddend(operand.name, operand.addend);
    case 'far':
      return `${formatNumber(operand.selector)}:${formatOperand(operand.offset)}`;
    case 'memory':
      return formatMemory(operand);
  }
}

/** Below ten as decimal, the rest as hexadecimal, negative numbers with a sign. */
export function formatNumber(value: number | bigint): string {
  const magnitude = value < 0 ? -value : value;
  return `${value < 0 ? '-' : ''}${magnitude < 10 ? magnitude : `0x${magnitude.toString(16)}`}`;
}

function withAddend(text: string, addend: number): string {
  return addend === 0 ? text : `${text}${addend < 0 ? '' : '+'}${formatNumber(addend)}`;
}

/** Addresses in the upper half are written as what they are, not as negative numbers. */
function absolute(memory: Memory): string {
  const value = memory.exactDisplacement ?? BigInt(memory.displacement);
  return formatNumber(BigInt.asUintN(memory.addressBits ?? 64, value));
}

export function formatMemory(memory: Memory): string {
  const parts: string[] = [];
  if (memory.base === 'rip') parts.push(memory.addressBits === 32 ? 'eip' : 'rip');
  else if (memory.base !== undefined) parts.push(memory.base.name);
  if (memory.index !== undefined)
    parts.push(memory.scale === 1 ? memory.index.name : `${memory.index.name}*${memory.scale}`);
  if (memory.symbol !== undefined) parts.push(withAddend(memory.symbol.name, memory.symbol.addend));
  const address = parts.length === 0 ? absolute(memory) : withAddend(parts.join('+'), memory.displacement);
  const segment = memory.segment === undefined ? '' : `${memory.segment.name}:`;
  return `${sizeWords[memory.bits] ?? ''}${segment}[${address}]`;
}
