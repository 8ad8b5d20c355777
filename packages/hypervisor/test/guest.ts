/** A guest of one sector for the tests: greets on screen and COM1, echoes COM1, powers off at '.', and triple-faults at '!'. */

const GREETING = 'hello from ring 0\r\n';

// biome-ignore format: one instruction to a line
const CODE = [
  0x31, 0xc0,                     // 7c00 xor ax, ax
  0x8e, 0xd8,                     //      mov ds, ax
  0x8e, 0xd0,                     //      mov ss, ax
  0xbc, 0x00, 0x7c,               //      mov sp, 7c00h
  0xfc,                           //      cld
  0xba, 0xfb, 0x03,               //      mov dx, 3fbh     line control: 8 bits, no parity
  0xb0, 0x03,                     //      mov al, 3
  0xee,                           //      out dx, al
  0xba, 0xfa, 0x03,               //      mov dx, 3fah     FIFOs on and empty
  0xb0, 0x07,                     //      mov al, 7
  0xee,                           //      out dx, al
  0x68, 0x00, 0xb8,               //      push b800h
  0x07,                           //      pop es
  0xbe, 0x6e, 0x7c,               //      mov si, greeting
  0x31, 0xff,                     //      xor di, di
  0xb4, 0x1f,                     //      mov ah, 1fh      white on blue
  0xac,                           // 7c21 lodsb
  0x84, 0xc0,                     //      test al, al
  0x74, 0x06,                     //      jz echo
  0xab,                           //      stosw
  0xe8, 0x2f, 0x00,               //      call put
  0xeb, 0xf5,                     //      jmp 7c21
  0xba, 0xfd, 0x03,               // 7c2c echo: mov dx, 3fdh
  0xec,                           //      in al, dx
  0xa8, 0x01,                     //      test al, 1       data ready
  0x74, 0xf8,                     //      jz 7c2c
  0xba, 0xf8, 0x03,               //      mov dx, 3f8h
  0xec,                           //      in al, dx
  0x3c, 0x2e,                     //      cmp al, '.'
  0x74, 0x09,                     //      je off
  0x3c, 0x21,                     //      cmp al, '!'
  0x74, 0x13,                     //      je crash
  0xe8, 0x16, 0x00,               //      call put
  0xeb, 0xe7,                     //      jmp echo
  0xb8, 0x00, 0x20,               // 7c45 off: mov ax, 2000h    SLP_EN, S5
  0xba, 0x04, 0x06,               //      mov dx, 604h     PM1a control of QEMU
  0xef,                           //      out dx, ax
  0xba, 0x04, 0xb0,               //      mov dx, b004h    and of Bochs
  0xef,                           //      out dx, ax
  0xf4,                           // 7c50 hlt
  0xeb, 0xfd,                     //      jmp 7c50
  0x0f, 0x01, 0x1e, 0x68, 0x7c,   // 7c53 crash: lidt [7c68]    an empty table
  0xcc,                           //      int3
  0x50,                           // 7c59 put: push ax
  0xba, 0xfd, 0x03,               //      mov dx, 3fdh
  0xec,                           //      in al, dx
  0xa8, 0x20,                     //      test al, 20h     transmitter empty
  0x74, 0xf8,                     //      jz put + 1
  0x58,                           //      pop ax
  0xba, 0xf8, 0x03,               //      mov dx, 3f8h
  0xee,                           //      out dx, al
  0xc3,                           //      ret
  0, 0, 0, 0, 0, 0,               // 7c68
];

/** The guest's disk: 1 MiB, since Bochs wants whole cylinders. */
export function echoGuest(): Uint8Array {
  const disk = new Uint8Array(1 << 20);
  disk.set(CODE);
  disk.set(new TextEncoder().encode(GREETING), CODE.length);
  disk.set([0x55, 0xaa], 510);
  return disk;
}
