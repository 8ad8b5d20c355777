/** Call gates of 16, 32 and 64 bits (SDM 3A 5.8.3). */
import type { CodeTarget } from './code-segment.ts';
import type { CoreContext } from './core-context.ts';
import { generalProtection, notPresent } from './cpu-fault.ts';
import {
  type Descriptor,
  dplOf,
  gateOf,
  isBig,
  isCode,
  isLongCode,
  isPresent,
  SystemType,
  typeOf,
} from './descriptor.ts';
import { errorOf, isNull, readDescriptor } from './descriptor-table.ts';
import { isLongMode } from './mode.ts';

export interface CallGate {
  readonly target: CodeTarget;
  /** Size of what is pushed, in bytes. */
  readonly bytes: 2 | 4 | 8;
  /** Words of that size to copy to an inner stack. */
  readonly parameters: number;
}

/** The gate with its target, checked up to the target's privilege. @throws CpuFault #GP for any other descriptor. */
export function readCallGate(core: CoreContext, selector: number, descriptor: Descriptor): CallGate {
  const code = errorOf(selector);
  const type = typeOf(descriptor);
  const long = isLongMode(core);
  if (type !== SystemType.callGate32 && (long || type !== SystemType.callGate16)) throw generalProtection(code);
  // Type field of the upper half: must be 0 (SDM 3A 5.8.3.1).
  if (long && ((descriptor.upperHigh >> 8) & 0x1f) !== 0) throw generalProtection(code);
  if (dplOf(descriptor) < Math.max(core.cpl, selector & 3)) throw generalProtection(code);
  if (!isPresent(descriptor)) throw notPresent(code);
  const is16 = type === SystemType.callGate16;
  const gate = gateOf(descriptor, is16);
  if (isNull(gate.selector)) throw generalProtection();
  const target = readDescriptor(core, gate.selector, generalProtection);
  const targetCode = errorOf(gate.selector);
  if (!isCode(target) || dplOf(target) > core.cpl) throw generalProtection(targetCode);
  if (long && (!isLongCode(target) || isBig(target))) throw generalProtection(targetCode);
  if (!isPresent(target)) throw notPresent(targetCode);
  return {
    target: { selector: gate.selector, descriptor: target, offset: gate.offset },
    bytes: long ? 8 : is16 ? 2 : 4,
    parameters: long ? 0 : gate.parameters,
  };
}
