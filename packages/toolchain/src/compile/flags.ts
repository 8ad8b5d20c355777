/** Removes comparisons with zero where the flags say it already: `sub eax, 1; test eax, eax; jne` needs no TEST. */
import { CC, type LirBlock, type LirInstruction, type LirOperand, MODIFY, type RegisterOperand } from './lir.ts';

/** They leave ZF and SF as a comparison of their result with zero would. Shifts do so for constant counts, which are not zero. */
const SETTERS: ReadonlySet<string> = new Set(['add', 'sub', 'and', 'or', 'xor', 'neg']);
const SHIFTS: ReadonlySet<string> = new Set(['shl', 'shr', 'sar']);

export function removeRedundantTests(block: LirBlock): void {
  const { instructions } = block;
  const test = instructions.at(-1);
  if (block.end !== 'branch' || test === undefined || test.mnemonic !== 'test') return;
  if (block.condition !== CC.e && block.condition !== CC.ne && block.condition !== CC.s && block.condition !== CC.ns)
    return;
  const [a, b] = test.operands as [LirOperand, LirOperand];
  if (!isRegister(a) || !isRegister(b) || a.register !== b.register) return;
  for (let i = instructions.length - 2; i >= 0; i--) {
    const before = instructions[i] as LirInstruction;
    if (isSetter(before, a)) {
      instructions.pop();
      return;
    }
    // Moves change no flags; they must not be what writes the register.
    if (before.mnemonic !== 'mov' && before.kind !== 'move') return;
    const target = before.operands[0];
    if (target !== undefined && isRegister(target) && target.register === a.register) return;
  }
}

function isSetter({ kind, mnemonic, operands }: LirInstruction, tested: RegisterOperand): boolean {
  const [target, count] = operands;
  if (kind !== 'normal' || target === undefined || !isRegister(target) || target.role !== MODIFY) return false;
  if (target.register !== tested.register || target.bits !== tested.bits) return false;
  return SETTERS.has(mnemonic) || (SHIFTS.has(mnemonic) && typeof count === 'number' && count !== 0);
}

function isRegister(operand: LirOperand): operand is RegisterOperand {
  return typeof operand === 'object' && operand.kind === 'register';
}
