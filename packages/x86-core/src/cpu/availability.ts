/** Whether an instruction may run in a mode: #UD and #NM by its row (SDM 2 tables 2-16 to 2-29, SDM 3A 2.5, 13.1). */
import type { Instruction } from '../decode/instruction.ts';
import type { Row } from '../table/notation.ts';
import type { FeatureSet } from '../system/features.ts';
import type { CodeMode } from './code-mode.ts';

/** ready; invalid: #UD; notAvailable: #NM. */
export type Availability = 'ready' | 'invalid' | 'notAvailable';

type StateKind = 'none' | 'x87' | 'wait' | 'mmx' | 'sse' | 'avx' | 'fxsave' | 'xsave';

const kinds = new WeakMap<Row, StateKind>();

export function availabilityOf({ row }: Instruction, mode: CodeMode, features: FeatureSet): Availability {
  if (!features.offers(row.feature)) return 'invalid';
  if (row.vex !== undefined && mode.realSegments) return 'invalid';
  let kind = kinds.get(row);
  if (kind === undefined) {
    kind = kindOf(row);
    kinds.set(row, kind);
  }
  const waits = mode.taskSwitched ? 'notAvailable' : 'ready';
  switch (kind) {
    case 'none':
      return 'ready';
    case 'x87':
    case 'fxsave':
      return mode.emulation ? 'notAvailable' : waits;
    case 'wait':
      return mode.taskSwitched && mode.monitorCoprocessor ? 'notAvailable' : 'ready';
    case 'mmx':
      return mode.emulation ? 'invalid' : waits;
    case 'sse':
      return mode.emulation || !mode.sse ? 'invalid' : waits;
    case 'avx':
      return mode.avx ? waits : 'invalid';
    case 'xsave':
      return mode.xsave ? waits : 'invalid';
  }
}

/** Which part of the processor's state an instruction needs. */
function kindOf(row: Row): StateKind {
  const { mnemonic } = row;
  const classes = row.operands.map((kind) => kind.registerClass ?? kind.fixed?.class);
  const vector = classes.includes('xmm') || classes.includes('ymm');
  if (row.vex !== undefined) {
    return vector || /^v(zero|ldmxcsr|stmxcsr)/.test(mnemonic) ? 'avx' : 'none';
  }
  if (vector || mnemonic === 'ldmxcsr' || mnemonic === 'stmxcsr') return 'sse';
  if (classes.includes('mmx') || mnemonic === 'emms') return 'mmx';
  if (/^fx(save|rstor)/.test(mnemonic)) return 'fxsave';
  if (/^x(save|rstor)/.test(mnemonic)) return 'xsave';
  if (row.map !== '1') return 'none';
  if (row.opcode === 0x9b) return 'wait';
  return row.opcode >= 0xd8 && row.opcode <= 0xdf ? 'x87' : 'none';
}
