/** IRQ 1 and INT 16h: scan codes become characters in the BIOS data area's buffer (IBM PS/2 and PC BIOS Interface TR, "Interrupt 16H"). */
import { ah, al, type Assembler, ax, bl, bx, cs, mem, mem16, mem8, si, type Memory } from '@drift-os/toolchain';
import { emitServiceEntry, FRAME_EAX, frame16, frame8 } from './frame.ts';
import {
  BDA,
  BDA_KEY_BUFFER,
  BDA_KEY_BUFFER_END,
  BDA_KEY_HEAD,
  BDA_KEY_STATUS,
  BDA_KEY_TAIL,
  BDA_SHIFT_FLAGS,
} from './memory-layout.ts';
import { controlKeys, plainKeys, shiftedKeys } from './us-keys.ts';

const SHIFT = 0x03;
const CONTROL = 0x04;
const ALT = 0x08;
const CAPS_LOCK = 0x40;
const PREFIX_SEEN = 0x02;
const TABLE_KEYS = 0x59;

/** Scan codes of the keys that hold a flag, and the flag. */
const holders = [
  [0x2a, 0x02],
  [0x36, 0x01],
  [0x1d, CONTROL],
  [0x38, ALT],
] as const;
/** Scan codes of the keys that toggle one. */
const toggles = [
  [0x3a, CAPS_LOCK],
  [0x45, 0x20],
  [0x46, 0x10],
] as const;

export function emitKeyboard(a: Assembler): void {
  a.mode = 16;
  emitServiceEntry(a, 'irq1');
  a.emit('in', al, 0x60).emit('cmp', al, 0xe0).emit('jne', a.ref('keyNotPrefix'));
  a.emit('or', mem8(BDA_KEY_STATUS), PREFIX_SEEN).emit('jmp', a.ref('keyEnd'));
  a.label('keyNotPrefix').emit('mov', bl, al).emit('and', bl, 0x7f);
  for (const [code, flag] of holders) {
    a.emit('cmp', bl, code)
      .emit('jne', a.ref(`keyNot${code}`))
      .emit('mov', ah, flag)
      .emit('jmp', a.ref('keyHold'));
    a.label(`keyNot${code}`);
  }
  a.emit('test', al, 0x80).emit('jne', a.ref('keyDone'));
  for (const [code, flag] of toggles) {
    a.emit('cmp', al, code)
      .emit('jne', a.ref(`keyNot${code}`))
      .emit('xor', mem8(BDA_SHIFT_FLAGS), flag)
      .emit('jmp', a.ref('keyDone'));
    a.label(`keyNot${code}`);
  }
  a.emit('cmp', al, TABLE_KEYS).emit('jae', a.ref('keyDone'));
  emitTranslate(a);
  a.label('keyHold').emit('not', ah).emit('and', mem8(BDA_SHIFT_FLAGS), ah).emit('not', ah).emit('test', al, 0x80);
  a.emit('jne', a.ref('keyDone')).emit('or', mem8(BDA_SHIFT_FLAGS), ah);
  a.label('keyDone').emit('and', mem8(BDA_KEY_STATUS), 0xff & ~PREFIX_SEEN);
  a.label('keyEnd').emit('mov', al, 0x20).emit('out', 0x20, al).emit('jmp', a.ref('serviceReturn'));
  emitService(a);
  a.label('plainKeys').bytes(...plainKeys(TABLE_KEYS));
  a.label('shiftedKeys').bytes(...shiftedKeys(TABLE_KEYS));
  a.label('controlKeys').bytes(...controlKeys(TABLE_KEYS));
}

/** Scan code in al: picks the table by the flags, and puts character and scan code into the buffer if there is room. */
function emitTranslate(a: Assembler): void {
  const table = (name: string): Memory => mem({ bits: 8, segment: cs, base: bx, symbol: a.ref(name) });
  a.emit('movzx', bx, al).emit('mov', ah, mem8(BDA_SHIFT_FLAGS)).emit('mov', al, 0);
  a.emit('test', mem8(BDA_KEY_STATUS), PREFIX_SEEN).emit('je', a.ref('keyPlain'));
  // Behind a prefix only Enter and the slash of the number pad are characters.
  a.emit('cmp', bl, 0x1c).emit('je', a.ref('keyPlain')).emit('cmp', bl, 0x35).emit('jne', a.ref('keyStore'));
  a.label('keyPlain').emit('test', ah, ALT).emit('jne', a.ref('keyStore'));
  a.emit('mov', al, table('controlKeys')).emit('test', ah, CONTROL).emit('jne', a.ref('keyStore'));
  a.emit('mov', al, table('plainKeys')).emit('test', ah, CAPS_LOCK).emit('je', a.ref('keyCase'));
  a.emit('cmp', al, 'a'.charCodeAt(0))
    .emit('jb', a.ref('keyCase'))
    .emit('cmp', al, 'z'.charCodeAt(0))
    .emit('ja', a.ref('keyCase'));
  // Caps Lock turns Shift round, for letters.
  a.emit('test', ah, SHIFT).emit('jne', a.ref('keyStore')).emit('mov', ah, SHIFT);
  a.label('keyCase').emit('test', ah, SHIFT).emit('je', a.ref('keyStore')).emit('mov', al, table('shiftedKeys'));
  a.label('keyStore').emit('mov', ah, bl).emit('mov', bx, mem16(BDA_KEY_TAIL)).emit('mov', si, bx);
  a.emit('add', bx, 2)
    .emit('cmp', bx, BDA_KEY_BUFFER_END - BDA)
    .emit('jb', a.ref('keyNoWrap'))
    .emit('mov', bx, BDA_KEY_BUFFER - BDA);
  a.label('keyNoWrap').emit('cmp', bx, mem16(BDA_KEY_HEAD)).emit('je', a.ref('keyDone'));
  a.emit('mov', mem16(si, BDA), ax).emit('mov', mem16(BDA_KEY_TAIL), bx).emit('jmp', a.ref('keyDone'));
}

function emitService(a: Assembler): void {
  emitServiceEntry(a, 'int16');
  a.emit('mov', ah, frame8(FRAME_EAX + 1)).emit('and', ah, 0xef);
  a.emit('cmp', ah, 0).emit('je', a.ref('keyRead')).emit('cmp', ah, 1).emit('je', a.ref('keyPeek'));
  a.emit('cmp', ah, 2).emit('jne', a.ref('serviceReturn')).emit('mov', al, mem8(BDA_SHIFT_FLAGS));
  a.emit('mov', frame8(FRAME_EAX), al).emit('jmp', a.ref('serviceReturn'));

  a.label('keyRead').emit('sti').emit('mov', bx, mem16(BDA_KEY_HEAD)).emit('cmp', bx, mem16(BDA_KEY_TAIL));
  a.emit('jne', a.ref('keyTake')).emit('hlt').emit('jmp', a.ref('keyRead'));
  a.label('keyTake').emit('cli').emit('mov', ax, mem16(bx, BDA)).emit('mov', frame16(FRAME_EAX), ax).emit('add', bx, 2);
  a.emit('cmp', bx, BDA_KEY_BUFFER_END - BDA)
    .emit('jb', a.ref('keyTaken'))
    .emit('mov', bx, BDA_KEY_BUFFER - BDA);
  a.label('keyTaken').emit('mov', mem16(BDA_KEY_HEAD), bx).emit('jmp', a.ref('serviceReturn'));

  a.label('keyPeek')
    .emit('mov', bx, mem16(BDA_KEY_HEAD))
    .emit('cmp', bx, mem16(BDA_KEY_TAIL))
    .emit('je', a.ref('serviceZero'));
  a.emit('mov', ax, mem16(bx, BDA)).emit('mov', frame16(FRAME_EAX), ax).emit('jmp', a.ref('serviceNotZero'));
}
