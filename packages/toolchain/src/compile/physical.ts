/** Register numbers of the machine instructions -> registers of the encoder. */
import { gpr16, gpr32, gpr64, gpr8, type Register, xmm } from '@drift-os/x86-core';
import { type Width, XMM0 } from './lir.ts';

const byWidth: Readonly<Record<number, readonly Register[]>> = { 8: gpr8, 16: gpr16, 32: gpr32, 64: gpr64 };

export function physical(register: number, bits: Width): Register {
  if (register >= XMM0) return xmm[register - XMM0] as Register;
  return (byWidth[bits] as readonly Register[])[register] as Register;
}
