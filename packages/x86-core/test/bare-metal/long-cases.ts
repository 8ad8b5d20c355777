/** Cases in 64-bit mode: canonical addresses, interrupts with IST, IRETQ, SYSCALL, SYSENTER, compatibility mode. */
import {
  ax,
  cr0,
  cr4,
  cr8,
  ds,
  eax,
  ecx,
  edx,
  esp,
  far,
  fs,
  gs,
  mem,
  mem16,
  mem32,
  mem64,
  r11,
  rax,
  rbp,
  rbx,
  rcx,
  rsp,
  ss,
} from '../../src/index.ts';
import { segmentDescriptor } from './descriptors.ts';
import {
  CODE64,
  COMPATIBLE,
  DATA64,
  DONE64,
  enterUser64,
  gate64,
  load,
  LongGuest,
  OWN64,
  TSS64,
  USER32,
  USER64,
  USER_DATA64,
  USER_STACK64,
} from './long-guest.ts';
import type { Program } from './program.ts';

const HOLE = 0x0000_8000_0000_0000n;
const [STAR, LSTAR, CSTAR, SFMASK] = [0xc000_0081, 0xc000_0082, 0xc000_0083, 0xc000_0084];
const [SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP] = [0x174, 0x175, 0x176];
const [FS_BASE, GS_BASE, KERNEL_GS_BASE] = [0xc000_0100, 0xc000_0101, 0xc000_0102];

const CODE_LD = OWN64;
const ABSENT = OWN64 + 8;

export function longGuest(): Uint8Array {
  const guest = new LongGuest({
    gdt: () => [
      segmentDescriptor({ base: 0, limit: 0xf_ffff, type: 0x1b, flags: 14 }),
      segmentDescriptor({ base: 0, limit: 0xf_ffff, type: 0x1b, flags: 10, present: false }),
    ],
    idt: (p) => ({
      0x40: gate64(CODE64, p.addressOf('vector 64'), { dpl: 3, stack: 1 }),
      0x41: gate64(COMPATIBLE, p.addressOf('vector 65'), { dpl: 3 }),
      0x42: gate64(CODE64, p.addressOf('vector 66'), { dpl: 3, type: 15 }),
      0x43: gate64(CODE64, p.addressOf('vector 67'), { dpl: 3, type: 6 }),
      0x44: [0n, 0n],
      0x45: [gate64(CODE64, p.addressOf('vector 69'), { dpl: 3 })[0] as bigint, 0x8000n],
      0x46: gate64(CODE64, p.addressOf('vector 70'), { dpl: 0 }),
      0x47: gate64(CODE64, p.addressOf('vector 71'), { dpl: 3, present: false }),
    }),
  });
  for (const [ring, enter] of [
    ['ring 0', (): void => undefined],
    ['ring 3', enterUser64],
  ] as const) {
    for (let vector = 0x40; vector <= 0x47; vector++) {
      guest.case(`${ring} int ${vector.toString(16)}`, (p) => {
        enter(p);
        p.emit('int', vector);
      });
    }
    for (const [name, body] of refused) {
      guest.case(`${ring} ${name}`, (p) => {
        enter(p);
        body(p);
      });
    }
  }
  returns(guest);
  systemCalls(guest);
  segmentBases(guest);
  return guest.finish();
}

/** What QEMU's interpreter does not check: canonical addresses of data. */
export function canonicalGuest(): Uint8Array {
  const guest = new LongGuest({
    // A stack that is not canonical cannot take its own #SS.
    idt: (p) => ({ 12: gate64(CODE64, p.addressOf('vector 12'), { stack: 1 }) }),
  });
  canonical(guest);
  for (const [name, body] of unchecked) guest.case(`ring 0 ${name}`, body);
  guest.case('stack of an interrupt from ring 3 that does not exist', (p) => {
    load(p, rax, HOLE + 0x1000n);
    p.emit('mov', mem64(TSS64 + 4), rax).emit('mov', mem16(TSS64 + 0x66), 0x68);
    enterUser64(p);
    p.emit('int', DONE64);
  });
  return guest.finish();
}

function canonical(guest: LongGuest): void {
  const test = (name: string, body: (p: Program) => void): void => void guest.case(`not canonical: ${name}`, body);
  test('load', (p) => {
    load(p, rax, HOLE);
    p.emit('mov', ecx, mem32(rax));
  });
  test('load through rsp', (p) => {
    load(p, rsp, HOLE);
    p.emit('mov', ecx, mem32(rsp));
  });
  test('load through rbp', (p) => {
    load(p, rbp, HOLE);
    p.emit('mov', ecx, mem32(rbp, 8));
  });
  test('push', (p) => {
    load(p, rsp, HOLE + 8n);
    p.emit('push', rax);
  });
  test('jmp', (p) => {
    load(p, rax, HOLE);
    p.emit('jmp', rax);
  });
  test('ret', (p) => {
    load(p, rax, HOLE);
    p.emit('push', rax).emit('ret');
  });
  test('call', (p) => {
    load(p, rax, HOLE);
    p.emit('call', rax);
  });
  test('fs base by wrmsr', (p) =>
    p.emit('mov', ecx, FS_BASE).emit('xor', eax, eax).emit('mov', edx, 0x8000).emit('wrmsr'));
  test('lstar by wrmsr', (p) => p.emit('mov', ecx, LSTAR).emit('xor', eax, eax).emit('mov', edx, 0x8000).emit('wrmsr'));
  test('lgdt', (p) => {
    load(p, rax, HOLE);
    p.emit('mov', mem16(DATA64), 0x7f)
      .emit('mov', mem64(DATA64 + 2), rax)
      .emit('lgdt', mem({ displacement: DATA64, addressBits: 32 }));
  });
  test('invlpg does not mind', (p) => {
    load(p, rax, HOLE);
    p.emit('invlpg', mem({ base: rax }));
  });
}

const refused: readonly (readonly [string, (p: Program) => void])[] = [
  ['mov cr0', (p) => p.emit('mov', rax, cr0)],
  [
    'cr8',
    (p) =>
      p.emit('mov', eax, 5).emit('mov', cr8, rax).emit('xor', eax, eax).emit('mov', rcx, cr8).emit('mov', cr8, rax),
  ],
  ['cr8 too large', (p) => p.emit('mov', eax, 16).emit('mov', cr8, rax)],
  [
    'EFER with a reserved bit',
    (p) => p.emit('mov', ecx, 0xc000_0080).emit('xor', edx, edx).emit('mov', eax, 0x9902).emit('wrmsr'),
  ],
  [
    'EFER.LME with paging',
    (p) => p.emit('mov', ecx, 0xc000_0080).emit('xor', edx, edx).emit('mov', eax, 0x800).emit('wrmsr'),
  ],
  ['null ss', (p) => p.emit('xor', eax, eax).emit('mov', ss, ax)],
  ['null ds', (p) => p.emit('mov', ds, ax).emit('mov', eax, mem32(DATA64)).emit('xor', eax, eax)],
  [
    'far jump to L and D',
    (p) =>
      p
        .emit('push', CODE_LD)
        .emit('push', 0)
        .emit('jmp far', mem({ base: rsp, bits: 48 })),
  ],
  [
    'far jump to absent code',
    (p) =>
      p
        .emit('mov', mem32(rsp, -16), 0)
        .emit('mov', mem16(rsp, -12), ABSENT)
        .emit('jmp far', mem({ base: rsp, displacement: -16, bits: 48 })),
  ],
  ['swapgs', (p) => p.emit('swapgs')],
  ['into is invalid', (p) => p.bytes(0xce)],
  ['push es is invalid', (p) => p.bytes(0x06)],
  ['hlt outside of ring 0', (p) => p.emit('mov', eax, ss).emit('xor', eax, eax)],
];

/** As above, but QEMU's interpreter lets them pass. */
const unchecked: readonly (readonly [string, (p: Program) => void])[] = [
  ['cr0 without PG', (p) => p.emit('mov', eax, 0x11).emit('mov', cr0, rax)],
  [
    'cr0 with upper bits',
    (p) => {
      load(p, rax, 0x1_8001_0013n);
      p.emit('mov', cr0, rax);
    },
  ],
  ['cr4 without PAE', (p) => p.emit('mov', eax, 0x600).emit('mov', cr4, rax)],
  ['cr4 with a reserved bit', (p) => p.emit('mov', eax, 0x8000_0620).emit('mov', cr4, rax)],
];

function returns(guest: LongGuest): void {
  const iretq = (
    name: string,
    values: readonly (number | bigint)[],
    body: (p: Program) => void = () => undefined,
  ): void => {
    guest.case(`iretq: ${name}`, (p) => {
      const target = p.fresh();
      for (const value of values) {
        load(p, rax, BigInt(value));
        p.emit('push', rax);
      }
      p.emit('mov', eax, p.ref(target, 32)).emit('push', rax).emit('xor', eax, eax).emit('iretq').label(target);
      body(p);
    });
  };
  iretq('same ring', [0x10, 0x6f00, 2, CODE64]);
  iretq('same ring, null ss', [0, 0x6f00, 2, CODE64]);
  iretq('to ring 3', [USER_DATA64, USER_STACK64, 2, USER64]);
  iretq('to ring 3, null ss', [0, USER_STACK64, 2, USER64]);
  iretq('to ring 3, null ss with RPL 3', [3, USER_STACK64, 2, USER64]);
  iretq('ss of another ring', [0x10, USER_STACK64, 2, USER64]);
  iretq('to 32-bit code', [USER_DATA64, USER_STACK64, 2, USER32], (p) => {
    p.mode = 32;
    p.emit('mov', eax, esp).emit('mov', ecx, -1).emit('inc', ecx);
  });
  iretq('with VM set', [USER_DATA64, USER_STACK64, 0x2_0002, USER64]);
  iretq('with NT set before', [0x10, 0x6f00, 0x4002, CODE64], (p) => p.emit('iretq'));
  iretq('to data', [0x10, 0x6f00, 2, 0x10]);
  iretq('to absent code', [0x10, 0x6f00, 2, ABSENT]);
  guest.case('iretq: to a rip that is not canonical', (p) => {
    for (const value of [0x10n, 0x6f00n, 2n, BigInt(CODE64), HOLE]) {
      load(p, rax, value);
      p.emit('push', rax);
    }
    p.emit('iretq');
  });
  guest.case('far return to compatibility mode', (p) => {
    const target = p.fresh();
    p.emit('push', COMPATIBLE)
      .emit('mov', eax, p.ref(target, 32))
      .emit('push', rax)
      .emit('xor', eax, eax)
      .bytes(0x48, 0xcb)
      .label(target);
    p.mode = 32;
    p.emit('mov', eax, -1)
      .emit('inc', eax)
      .emit('dec', eax)
      .emit('mov', ecx, mem32(DATA64 + 0x100))
      .emit('xor', ecx, ecx);
  });
  guest.case('compatibility mode and back', (p) => {
    const [there, back] = [p.fresh(), p.fresh()];
    p.emit('push', COMPATIBLE)
      .emit('mov', eax, p.ref(there, 32))
      .emit('push', rax)
      .emit('xor', eax, eax)
      .bytes(0x48, 0xcb)
      .label(there);
    p.mode = 32;
    p.emit('jmp far', far(CODE64, p.ref(back, 32))).label(back);
    p.mode = 64;
    p.emit('mov', rax, -1);
  });
}

function writeMsr(p: Program, msr: number, low: number | ReturnType<Program['ref']>, high = 0): void {
  p.emit('mov', ecx, msr).emit('mov', eax, low).emit('mov', edx, high).emit('wrmsr');
}

function systemCalls(guest: LongGuest): void {
  const prepare = (p: Program, kernel: string): void => {
    writeMsr(p, 0xc000_0080, 0x901);
    writeMsr(p, STAR, 0, (0x1b << 16) | CODE64);
    writeMsr(p, LSTAR, p.ref(kernel, 32));
    writeMsr(p, CSTAR, p.ref(kernel, 32));
    writeMsr(p, SFMASK, 0x4_0600);
    for (const register of [eax, ecx, edx]) p.emit('xor', register, register);
  };
  guest.case('syscall without SCE', (p) =>
    p.emit('mov', ecx, 0xc000_0080).emit('xor', edx, edx).emit('mov', eax, 0x900).emit('wrmsr').emit('syscall'),
  );
  guest.case('syscall from ring 0', (p) => {
    const kernel = p.fresh();
    prepare(p, kernel);
    p.emit('syscall').label(kernel).emit('sub', rcx, mem64(0x508)).emit('mov', rax, r11).emit('mov', edx, ss);
  });
  guest.case('syscall from ring 3, sysretq back', (p) => {
    const [kernel, user] = [p.fresh(), p.fresh()];
    prepare(p, kernel);
    enterUser64(p);
    p.emit('syscall')
      .emit('jmp', p.ref(user))
      .label(kernel)
      .bytes(0x48, 0x0f, 0x07)
      .label(user)
      .emit('mov', eax, ss)
      .emit('xor', ecx, ecx);
  });
  guest.case('sysret to 32-bit code', (p) => {
    const [kernel, user] = [p.fresh(), p.fresh()];
    prepare(p, kernel);
    p.emit('mov', ecx, p.ref(user, 32)).emit('mov', r11, 0x4_0002).label(kernel).emit('sysret').label(user);
    p.mode = 32;
    p.emit('mov', eax, ss).emit('xor', ecx, ecx);
  });
  guest.case('sysretq to a rip that is not canonical', (p) => {
    const kernel = p.fresh();
    prepare(p, kernel);
    load(p, rcx, HOLE);
    p.label(kernel).bytes(0x48, 0x0f, 0x07);
  });
  const sysenter = (p: Program, kernel: string, cs: number): void => {
    writeMsr(p, SYSENTER_CS, cs);
    writeMsr(p, SYSENTER_ESP, 0x6e00);
    writeMsr(p, SYSENTER_EIP, p.ref(kernel, 32));
    for (const register of [eax, ecx, edx]) p.emit('xor', register, register);
  };
  guest.case('sysenter with a null cs', (p) => {
    const kernel = p.fresh();
    sysenter(p, kernel, 0);
    p.label(kernel).emit('sysenter');
  });
}

function segmentBases(guest: LongGuest): void {
  guest.case('fs base', (p) => {
    writeMsr(p, FS_BASE, DATA64);
    p.emit('mov', mem32(DATA64 + 8), 0x1234_5678)
      .emit('mov', ecx, mem({ displacement: 8, bits: 32, segment: fs, addressBits: 32 }))
      .emit('xor', edx, edx);
    p.emit('xor', eax, eax).emit('mov', fs, ax).emit('mov', ecx, 0xc000_0100).emit('rdmsr');
  });
  guest.case('swapgs', (p) => {
    writeMsr(p, GS_BASE, 0x1111, 1);
    writeMsr(p, KERNEL_GS_BASE, 0x2222, 2);
    p.emit('swapgs').emit('mov', ecx, GS_BASE).emit('rdmsr').emit('mov', rbx, rax).emit('mov', gs, ax);
  });
  guest.case('loading gs sets the base', (p) => {
    writeMsr(p, GS_BASE, 0x1111, 1);
    p.emit('mov', eax, USER_DATA64).emit('mov', gs, ax).emit('mov', ecx, GS_BASE).emit('rdmsr');
  });
}
