/** Messages before there is a kernel: on screen by INT 10h and on COM1. Code of the boot sector, also used by the loader. */
import { ah, al, type Assembler, ax, bx, cx, dl, dx, eax, si } from '@drift-os/toolchain';

const COM1 = 0x3f8;
const LINE_CONTROL = COM1 + 3;
const LINE_STATUS = COM1 + 5;
const TRANSMITTER_EMPTY = 0x20;

/** `serialInit`: COM1 to 115200 8N1 (16550 data sheet, 8.1). Changes ax, dx. */
export function emitSerialInit(a: Assembler): void {
  a.label('serialInit').emit('mov', dx, LINE_CONTROL).emit('mov', al, 0x80).emit('out', dx, al);
  a.emit('mov', dl, COM1 & 0xff)
    .emit('mov', ax, 1)
    .emit('out', dx, ax); // divisor latch, low and high
  a.emit('mov', dl, LINE_CONTROL & 0xff)
    .emit('mov', al, 0x03)
    .emit('out', dx, al)
    .emit('ret');
}

/**
 * `print`: the zero-terminated text at ds:si. `printCharacter`: the character in al. `printHex`: the cx high digits of eax.
 * print changes ax and si, printHex eax and cx, printCharacter nothing. A transmitter that never gets empty is waited for 65536 times, then ignored.
 */
export function emitPrint(a: Assembler): void {
  a.label('print').emit('lodsb').emit('test', al, al).emit('je', a.ref('printed'));
  a.emit('call', a.ref('printCharacter')).emit('jmp', a.ref('print'));
  a.label('printed').emit('ret');

  a.label('printCharacter').emit('pusha');
  a.emit('push', ax).emit('mov', bx, 7).emit('mov', ah, 0x0e).emit('int', 0x10);
  a.emit('mov', dx, LINE_STATUS).emit('xor', cx, cx);
  a.label('transmitterWait').emit('in', al, dx).emit('test', al, TRANSMITTER_EMPTY);
  a.emit('loope', a.ref('transmitterWait'));
  a.emit('pop', ax).emit('mov', dx, COM1).emit('out', dx, al);
  a.emit('popa').emit('ret');

  // CMP, SBB and DAS make a hexadecimal digit of 0 to 15.
  a.label('printHex').emit('rol', eax, 4).emit('push', ax).emit('and', al, 15).emit('cmp', al, 10);
  a.emit('sbb', al, 0x69).emit('das').emit('call', a.ref('printCharacter')).emit('pop', ax);
  a.emit('loop', a.ref('printHex')).emit('ret');
}

/** `fail`: prints `Drift cannot start: ` and the text at si, then stays here. `failMore` prints the text at si and stays. */
export function emitFail(a: Assembler): void {
  a.label('fail').emit('push', si).emit('mov', si, a.ref('failPrefix')).emit('call', a.ref('print')).emit('pop', si);
  a.label('failMore').emit('call', a.ref('print'));
  a.label('stop').emit('cli').emit('hlt').emit('jmp', a.ref('stop'));
  text(a, 'failPrefix', 'Drift cannot start: ');
}

/** A zero-terminated text with a label. */
export function text(a: Assembler, label: string, contents: string): void {
  a.label(label).ascii(contents).bytes(0);
}

/** The end of a sentence, or all of it behind `Drift cannot start: `: with full stop and new line. */
export function sentence(a: Assembler, label: string, contents: string): void {
  text(a, label, `${contents}.\r\n`);
}
