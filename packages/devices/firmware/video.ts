/** INT 10h: modes 3, 12h and 13h; cursor, scrolling and characters in text mode (IBM PS/2 and PC BIOS Interface TR, "Interrupt 10H"). */
import {
  ah,
  al,
  type Assembler,
  ax,
  bh,
  bl,
  bx,
  ch,
  cl,
  cs,
  cx,
  dh,
  di,
  dl,
  ds,
  dx,
  es,
  mem16,
  mem8,
  si,
} from '@drift-os/toolchain';
import {
  emitServiceEntry,
  FRAME_EAX,
  FRAME_EBX,
  FRAME_ECX,
  FRAME_EDX,
  FRAME_ES,
  FRAME_ESI,
  frame16,
  frame8,
  emitVariables,
} from './frame.ts';
import { BDA_COLUMNS, BDA_CURSOR, BDA_CURSOR_SHAPE, BDA_VIDEO_MODE } from './memory-layout.ts';

const TEXT_SEGMENT = 0xb800;
const COLUMNS = 80;
const ROWS = 25;
const CRTC = 0x3d4;
const BELL = 7;
const BACKSPACE = 8;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BLANK = 0x0720;

export function emitVideo(a: Assembler): void {
  a.mode = 16;
  emitServiceEntry(a, 'int10');
  a.emit('mov', ax, frame16(FRAME_EAX)).emit('mov', cx, frame16(FRAME_ECX)).emit('mov', dx, frame16(FRAME_EDX));
  for (const [service, label] of [
    [0x0e, 'teletype'],
    [0x00, 'videoSetMode'],
    [0x01, 'videoCursorShape'],
    [0x02, 'videoSetCursor'],
    [0x03, 'videoGetCursor'],
    [0x06, 'videoScroll'],
    [0x07, 'videoScroll'],
    [0x08, 'videoReadCharacter'],
    [0x09, 'videoWriteCharacters'],
    [0x0a, 'videoWriteCharacters'],
    [0x0f, 'videoGetMode'],
    [0x13, 'videoWriteString'],
    [0x1a, 'videoDisplayCombination'],
  ] as const) {
    a.emit('cmp', ah, service).emit('je', a.ref(label));
  }
  a.emit('jmp', a.ref('serviceReturn'));
  emitQueries(a);
  emitCursor(a);
  emitCharacters(a);
  emitScroll(a);
}

function emitQueries(a: Assembler): void {
  a.label('videoGetMode').emit('mov', al, mem8(BDA_VIDEO_MODE)).emit('mov', ah, mem8(BDA_COLUMNS));
  a.emit('mov', frame16(FRAME_EAX), ax)
    .emit('mov', frame8(FRAME_EBX + 1), 0)
    .emit('jmp', a.ref('serviceReturn'));
  // A VGA with a color display.
  a.label('videoDisplayCombination').emit('mov', frame8(FRAME_EAX), 0x1a).emit('mov', frame16(FRAME_EBX), 8);
  a.emit('jmp', a.ref('serviceReturn'));
  a.label('videoReadCharacter').emit('call', a.ref('cursorOffset')).emit('mov', ax, TEXT_SEGMENT).emit('mov', es, ax);
  a.emit('mov', ax, mem16({ segment: es, base: di }))
    .emit('mov', frame16(FRAME_EAX), ax)
    .emit('jmp', a.ref('serviceReturn'));
}

function emitCursor(a: Assembler): void {
  a.label('videoCursorShape').emit('mov', mem16(BDA_CURSOR_SHAPE), cx).emit('mov', al, 0x0a).emit('mov', ah, ch);
  a.emit('mov', dx, CRTC).emit('out', dx, ax).emit('mov', al, 0x0b).emit('mov', ah, cl).emit('out', dx, ax);
  a.emit('jmp', a.ref('serviceReturn'));
  a.label('videoSetCursor').emit('call', a.ref('setCursor')).emit('jmp', a.ref('serviceReturn'));
  a.label('videoGetCursor').emit('mov', ax, mem16(BDA_CURSOR)).emit('mov', frame16(FRAME_EDX), ax);
  a.emit('mov', ax, mem16(BDA_CURSOR_SHAPE)).emit('mov', frame16(FRAME_ECX), ax).emit('jmp', a.ref('serviceReturn'));

  // `setCursor`: to row dh, column dl, in memory and on screen. Changes ax, di and dx.
  a.label('setCursor').emit('mov', mem16(BDA_CURSOR), dx).emit('call', a.ref('cursorOffset')).emit('shr', di, 1);
  a.emit('push', bx).emit('mov', bx, di).emit('mov', dx, CRTC);
  a.emit('mov', al, 0x0e)
    .emit('mov', ah, bh)
    .emit('out', dx, ax)
    .emit('mov', al, 0x0f)
    .emit('mov', ah, bl)
    .emit('out', dx, ax);
  a.emit('pop', bx).emit('ret');
  // `cursorOffset`: di = offset of the cursor's cell. Changes ax.
  a.label('cursorOffset')
    .emit('mov', al, mem8(BDA_CURSOR + 1))
    .emit('mov', ah, COLUMNS)
    .emit('mul', ah);
  a.emit('movzx', di, mem8(BDA_CURSOR)).emit('add', di, ax).emit('shl', di, 1).emit('ret');
}

function emitCharacters(a: Assembler): void {
  a.label('teletype').emit('call', a.ref('teletypeCharacter')).emit('jmp', a.ref('serviceReturn'));
  // `teletypeCharacter`: al at the cursor, which moves. Keeps the cell's attribute. Changes ax, bx, cx, dx, si, di and es.
  a.label('teletypeCharacter').emit('cmp', mem8(BDA_VIDEO_MODE), 3).emit('jne', a.ref('teletypeEnd'));
  a.emit('mov', dx, mem16(BDA_CURSOR));
  for (const [code, label] of [
    [BELL, 'teletypeEnd'],
    [BACKSPACE, 'teletypeBack'],
    [LINE_FEED, 'teletypeLine'],
    [CARRIAGE_RETURN, 'teletypeReturn'],
  ] as const) {
    a.emit('cmp', al, code).emit('je', a.ref(label));
  }
  a.emit('push', ax)
    .emit('call', a.ref('cursorOffset'))
    .emit('mov', ax, TEXT_SEGMENT)
    .emit('mov', es, ax)
    .emit('pop', ax);
  a.emit('stosb').emit('inc', dl).emit('cmp', dl, COLUMNS).emit('jb', a.ref('teletypeMove')).emit('mov', dl, 0);
  a.label('teletypeLine').emit('inc', dh).emit('cmp', dh, ROWS).emit('jb', a.ref('teletypeMove')).emit('dec', dh);
  a.emit('push', dx)
    .emit('mov', ax, 0x0601)
    .emit('mov', bh, BLANK >> 8)
    .emit('xor', cx, cx);
  a.emit('mov', dx, ((ROWS - 1) << 8) | (COLUMNS - 1))
    .emit('call', a.ref('scroll'))
    .emit('pop', dx);
  a.emit('jmp', a.ref('teletypeMove'));
  a.label('teletypeBack')
    .emit('cmp', dl, 0)
    .emit('je', a.ref('teletypeEnd'))
    .emit('dec', dl)
    .emit('jmp', a.ref('teletypeMove'));
  a.label('teletypeReturn').emit('mov', dl, 0);
  a.label('teletypeMove').emit('jmp', a.ref('setCursor'));
  a.label('teletypeEnd').emit('ret');

  // Functions 09h (with the attribute in bl) and 0Ah (without): cx times al.
  a.label('videoWriteCharacters').emit('mov', bx, ax).emit('call', a.ref('cursorOffset'));
  a.emit('mov', ax, TEXT_SEGMENT).emit('mov', es, ax).emit('mov', ax, bx).emit('mov', bl, frame8(FRAME_EBX));
  a.emit('jcxz', a.ref('videoWritten'));
  a.label('videoWriteNext').emit('stosb').emit('cmp', ah, 9).emit('jne', a.ref('videoKeepAttribute'));
  a.emit('mov', mem8({ segment: es, base: di }), bl)
    .label('videoKeepAttribute')
    .emit('inc', di)
    .emit('loop', a.ref('videoWriteNext'));
  a.label('videoWritten').emit('jmp', a.ref('serviceReturn'));

  // Function 13h: cx characters at the caller's es:bp, from row dh, column dl; in modes 2 and 3 each with its attribute.
  a.label('videoWriteString').emit('push', mem16(BDA_CURSOR)).emit('push', ax);
  a.emit('call', a.ref('setCursor'))
    .emit('pop', ax)
    .emit('mov', si, frame16(FRAME_ESI + 4))
    .emit('jcxz', a.ref('stringDone'));
  a.label('stringNext').emit('push', ds).emit('mov', ds, frame16(FRAME_ES)).emit('mov', bl, frame8(FRAME_EBX));
  a.emit('mov', ah, frame8(FRAME_EAX)).emit('lodsb').emit('test', ah, 2).emit('je', a.ref('stringPlain'));
  a.emit('mov', bl, mem8(si)).emit('inc', si);
  a.label('stringPlain').emit('pop', ds).emit('push', cx).emit('push', si).emit('push', ax);
  a.emit('call', a.ref('cursorOffset'))
    .emit('pop', ax)
    .emit('cmp', al, CARRIAGE_RETURN)
    .emit('jbe', a.ref('stringControl'));
  a.emit('mov', cx, TEXT_SEGMENT)
    .emit('mov', es, cx)
    .emit('mov', mem8({ segment: es, base: di, displacement: 1 }), bl);
  a.label('stringControl').emit('call', a.ref('teletypeCharacter')).emit('pop', si).emit('pop', cx);
  a.emit('loop', a.ref('stringNext'));
  a.label('stringDone').emit('pop', dx).emit('test', frame8(FRAME_EAX), 1).emit('jne', a.ref('stringKeep'));
  a.emit('call', a.ref('setCursor')).label('stringKeep').emit('jmp', a.ref('serviceReturn'));
}

/**
 * `scroll`: the window from row ch, column cl to row dh, column dl by al lines (0: all of it), up for ah = 6, down for 7; new lines
 * get the attribute in bh. Changes all registers but bp and ds.
 */
function emitScroll(a: Assembler): void {
  a.label('videoScroll')
    .emit('mov', bh, frame8(FRAME_EBX + 1))
    .emit('call', a.ref('scroll'))
    .emit('jmp', a.ref('serviceReturn'));

  a.label('scroll').emit('cmp', mem8(BDA_VIDEO_MODE), 3).emit('jne', a.ref('scrollEnd'));
  a.emit('cmp', dl, COLUMNS)
    .emit('jb', a.ref('scrollColumns'))
    .emit('mov', dl, COLUMNS - 1)
    .label('scrollColumns');
  a.emit('cmp', dh, ROWS)
    .emit('jb', a.ref('scrollRows'))
    .emit('mov', dh, ROWS - 1)
    .label('scrollRows');
  a.emit('sub', dl, cl).emit('jb', a.ref('scrollEnd')).emit('inc', dl);
  // dl: columns, bl: rows that stay.
  a.emit('mov', bl, dh).emit('sub', bl, ch).emit('jb', a.ref('scrollEnd')).emit('inc', bl);
  a.emit('test', al, al).emit('je', a.ref('scrollAll')).emit('cmp', al, bl).emit('jb', a.ref('scrollSome'));
  a.label('scrollAll').emit('mov', al, bl).label('scrollSome').emit('sub', bl, al);
  a.emit('push', ds).emit('push', TEXT_SEGMENT).emit('push', TEXT_SEGMENT).emit('pop', ds).emit('pop', es);
  // Upwards the first row is the top one and rows go on below; downwards the other way round.
  a.emit('cmp', ah, 7)
    .emit('mov', ah, ch)
    .emit('mov', mem16({ segment: cs, symbol: a.ref('scrollStep') }), COLUMNS * 2);
  a.emit('jne', a.ref('scrollUp'))
    .emit('mov', ah, dh)
    .emit('neg', mem16({ segment: cs, symbol: a.ref('scrollStep') }));
  a.label('scrollUp').emit('mov', ch, al);
  a.emit('mov', al, COLUMNS).emit('mul', ah).emit('push', cx).emit('mov', ch, 0).emit('add', ax, cx).emit('pop', cx);
  a.emit('shl', ax, 1).emit('mov', di, ax);
  // si: ch rows further.
  a.emit('push', dx)
    .emit('movzx', ax, ch)
    .emit('imul', ax, mem16({ segment: cs, symbol: a.ref('scrollStep') }))
    .emit('pop', dx);
  a.emit('add', ax, di).emit('mov', si, ax).emit('mov', dh, 0);
  a.label('scrollRow')
    .emit('test', bl, bl)
    .emit('je', a.ref('scrollBlank'))
    .emit('push', cx)
    .emit('push', si)
    .emit('push', di);
  a.emit('mov', cx, dx).emit('rep movsw').emit('pop', di).emit('pop', si).emit('pop', cx);
  a.emit('add', si, mem16({ segment: cs, symbol: a.ref('scrollStep') }));
  a.emit('add', di, mem16({ segment: cs, symbol: a.ref('scrollStep') }))
    .emit('dec', bl)
    .emit('jmp', a.ref('scrollRow'));
  a.label('scrollBlank')
    .emit('mov', ah, bh)
    .emit('mov', al, BLANK & 0xff);
  a.label('scrollBlankRow').emit('test', ch, ch).emit('je', a.ref('scrollDone')).emit('push', cx).emit('push', di);
  a.emit('mov', cx, dx).emit('rep stosw').emit('pop', di).emit('pop', cx);
  a.emit('add', di, mem16({ segment: cs, symbol: a.ref('scrollStep') }))
    .emit('dec', ch)
    .emit('jmp', a.ref('scrollBlankRow'));
  a.label('scrollDone').emit('pop', ds).label('scrollEnd').emit('ret');
  emitVariables(a, () => a.label('scrollStep').u16(0));
}
