/** The two 8259A interrupt controllers, which Drift does not use: out of the way of the exceptions, and masked. */
import { outb } from '@drift-os/abi/assembly/generated/cpu';

const MASTER: u16 = 0x20;
const SLAVE: u16 = 0xa0;
/** First vector of the 16; what is masked can still deliver a spurious interrupt here. */
export const VECTOR_PIC: u8 = 0x20;

/**
 * Masks every line for good. Must come before the local APIC's LINT0 is masked: an interrupt that the master has raised by
 * then is withdrawn through LINT0.
 */
export function picMask(): void {
  outb(MASTER, 0x11); // ICW1: edge triggered, cascaded, ICW4 follows
  outb(SLAVE, 0x11);
  outb(MASTER + 1, VECTOR_PIC);
  outb(SLAVE + 1, VECTOR_PIC + 8);
  outb(MASTER + 1, 4);
  outb(SLAVE + 1, 2);
  outb(MASTER + 1, 1);
  outb(SLAVE + 1, 1);
  outb(MASTER + 1, 0xff);
  outb(SLAVE + 1, 0xff);
}
