/** Transfers between rings and tasks and back: call gates with parameters, nested tasks, SYSENTER and SYSEXIT; 32-bit protected mode. */
import { ax, bx, cx, ds, dx, eax, ebx, ecx, edx, esp, fs, mem, mem16, mem32, mem8, sp, ss } from '../../src/index.ts';
import { gateDescriptor, segmentDescriptor } from './descriptors.ts';
import type { Program } from './program.ts';
import {
  CODE32,
  DATA,
  DATA32,
  DONE,
  enterRing3,
  GDT,
  IDT,
  OWN,
  ProtectedGuest,
  TASK,
  TASK_16,
  TASK_OTHER,
  TSS,
  TSS_16,
  TSS_OTHER,
  USER_CODE,
  USER_DATA,
} from './protected-guest.ts';

const GATE = OWN;
const CONFORMING = OWN + 16;
const GATE_TO_CONFORMING = OWN + 24;
const TASK_GATE = OWN + 32;
const ABSENT_DATA = OWN + 40;
const GATE_ABSENT_STACK = OWN + 48;
const [SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP] = [0x174, 0x175, 0x176];

export function transfersGuest(): Uint8Array {
  const guest = new ProtectedGuest({
    gdt: (p) => [
      gateDescriptor(12, CODE32, p.addressOf('with parameters'), { dpl: 3, count: 2 }),
      0n,
      segmentDescriptor({ base: 0, limit: 0xf_ffff, type: 0x1f, flags: 12 }),
      gateDescriptor(12, CONFORMING, p.addressOf('with parameters'), { dpl: 3 }),
      gateDescriptor(5, TASK_OTHER, 0, { dpl: 3 }),
      segmentDescriptor({ base: DATA, limit: 0xff, type: 0x13, dpl: 3, present: false }),
      gateDescriptor(12, CODE32, p.addressOf('with parameters'), { dpl: 3, present: false }),
    ],
    routines: (p) => {
      // Two parameters, of which the sum is returned; what the caller's segments are, stays.
      p.label('with parameters')
        .emit('mov', eax, mem32(esp, 8))
        .emit('add', eax, mem32(esp, 12))
        .emit('mov', ecx, esp)
        .emit('retf', 8);
      p.mode = 16;
      p.label('error code')
        .emit('pop', ax)
        .emit('movzx', eax, ax)
        .emit('movzx', esp, sp)
        .emit('mov', cx, DATA32)
        .emit('mov', ss, cx);
      for (const [wide, narrow] of [
        [ecx, cx],
        [edx, dx],
        [ebx, bx],
      ] as const)
        p.emit('movzx', wide, narrow);
      p.emit('int', DONE);
      p.mode = 32;
      p.label('task and back').emit('mov', ecx, 0x77).emit('iretd').emit('mov', edx, 0x88).emit('iretd');
    },
  });
  callGates(guest);
  tasks(guest);
  fastCalls(guest);
  returns(guest);
  return guest.finish();
}

function callGates(guest: ProtectedGuest): void {
  const call = (name: string, selector: number, ring: 0 | 3): void => {
    guest.case(`ring ${ring} call through ${name}`, (p) => {
      if (ring === 3) enterRing3(p);
      p.emit('push', 0x1000)
        .emit('push', 0x234)
        .emit('push', selector | ring)
        .emit('push', 0)
        .emit('call far', mem({ base: esp, bits: 48 }));
      p.emit('mov', edx, esp).emit('mov', ebx, ds);
    });
  };
  for (const ring of [0, 3] as const) {
    call('a gate', GATE, ring);
    call('a gate to conforming code', GATE_TO_CONFORMING, ring);
    call('an absent gate', GATE_ABSENT_STACK, ring);
    call('a task gate', TASK_GATE, ring);
  }
  guest.case('call through a gate to a stack that is not there', (p) => {
    // Its #TS is handled by a task, which has a stack of its own.
    for (const vector of [8, 10, 11, 12, 13]) {
      p.emit('mov', mem32(IDT + 8 * vector), TASK_OTHER << 16).emit('mov', mem32(IDT + 8 * vector + 4), 0x8500);
    }
    p.emit('mov', mem16(TSS + 8), 0);
    enterRing3(p);
    p.emit('push', GATE | 3)
      .emit('push', 0)
      .emit('call far', mem({ base: esp, bits: 48 }));
  });
}

function tasks(guest: ProtectedGuest): void {
  const eip = (p: Program, label: string): Program => p.emit('mov', mem32(TSS_OTHER + 0x20), p.ref(label, 32));
  const far = (p: Program, mnemonic: 'jmp far' | 'call far', selector: number): Program =>
    p
      .emit('push', selector)
      .emit('push', 0)
      .emit(mnemonic, mem({ base: esp, bits: 48 }));
  const after = (p: Program): Program =>
    p
      .emit('str', eax)
      .emit('mov', ebx, mem32(GDT + TASK + 4))
      .emit('and', ebx, 0xf00);
  guest.case('task: call and back', (p) => {
    eip(p, 'task and back');
    after(far(p, 'call far', TASK_OTHER));
  });
  guest.case('task: call twice', (p) => {
    eip(p, 'task and back');
    far(p, 'call far', TASK_OTHER).emit('add', esp, 8);
    after(far(p, 'call far', TASK_OTHER));
  });
  guest.case('task: by a gate of the interrupt table, and back', (p) => {
    eip(p, 'task and back')
      .emit('mov', mem32(IDT + 8 * 0x50), TASK_OTHER << 16)
      .emit('mov', mem32(IDT + 8 * 0x50 + 4), 0xe500);
    after(p.emit('int', 0x50));
  });
  guest.case('task: jump to the busy one', (p) => far(p, 'jmp far', TASK));
  guest.case('task: iret without a link', (p) => p.emit('push', 0x4002).emit('popfd').emit('iretd'));
  guest.case('task: iret to one that is not busy', (p) => {
    p.emit('mov', mem16(TSS), TASK_OTHER).emit('push', 0x4002).emit('popfd').emit('iretd');
  });
  const broken = (name: string, change: (p: Program) => void): void => {
    guest.case(`task with ${name}`, (p) => {
      // The new task has no stack yet that a handler could be entered on (SDM 3A 6.15, interrupt 10): a third task takes the exception.
      for (const vector of [10, 11, 12, 13]) {
        p.emit('mov', mem32(IDT + 8 * vector), TASK_16 << 16).emit('mov', mem32(IDT + 8 * vector + 4), 0x8500);
      }
      p.emit('mov', mem16(TSS_16 + 0x0e), p.ref('error code', 16));
      change(p);
      far(p, 'jmp far', TASK_OTHER);
    });
  };
  broken('a null cs', (p) => p.emit('mov', mem16(TSS_OTHER + 0x4c), 0));
  broken('data in cs', (p) => p.emit('mov', mem16(TSS_OTHER + 0x4c), DATA32));
  broken('a null ss', (p) => p.emit('mov', mem16(TSS_OTHER + 0x50), 0));
  broken('ss of another ring', (p) => p.emit('mov', mem16(TSS_OTHER + 0x50), USER_DATA));
  broken('an absent ds', (p) => p.emit('mov', mem16(TSS_OTHER + 0x54), ABSENT_DATA));
  broken('a null fs', (p) => p.emit('mov', mem16(TSS_OTHER + 0x58), 0));
  broken('an LDT that is none', (p) => p.emit('mov', mem16(TSS_OTHER + 0x60), DATA32));
  broken('a limit too small', (p) => p.emit('mov', mem16(GDT + TASK_OTHER), 0x66));
  broken('the debug trap', (p) => p.emit('mov', mem8(TSS_OTHER + 0x64), 1));
  guest.case('task: segments of the new one', (p) => {
    p.emit('mov', mem16(TSS_OTHER + 0x58), USER_DATA).emit('mov', mem32(TSS_OTHER + 0x34), 0x55);
    const there = p.fresh();
    p.emit('mov', mem32(TSS_OTHER + 0x20), p.ref(there, 32));
    far(p, 'jmp far', TASK_OTHER).label(there).emit('mov', ecx, fs).emit('pushfd').emit('pop', edx).emit('str', ebx);
  });
}

function fastCalls(guest: ProtectedGuest): void {
  const set = (p: Program, msr: number, value: number | ReturnType<Program['ref']>): Program =>
    p.emit('mov', ecx, msr).emit('mov', eax, value).emit('xor', edx, edx).emit('wrmsr');
  const clear = (p: Program): void => {
    for (const register of [eax, ecx, edx]) p.emit('xor', register, register);
  };
  guest.case('sysenter and sysexit', (p) => {
    const [kernel, user] = [p.fresh(), p.fresh()];
    // SYSEXIT takes the two descriptors behind those of SYSENTER: 18h is 16-bit code here, so the kernel's are at 10h - 8.
    set(p, SYSENTER_CS, CODE32);
    set(p, SYSENTER_ESP, 0x6e00);
    set(p, SYSENTER_EIP, p.ref(kernel, 32));
    clear(p);
    enterRing3(p);
    p.emit('sysenter').label(kernel).emit('mov', eax, esp).emit('pushfd').emit('pop', ebx).emit('and', ebx, 0x3_0200);
    p.emit('mov', edx, p.ref(user, 32)).emit('mov', ecx, 0x8000).label(user);
  });
  guest.case('sysenter without a segment', (p) => {
    set(p, SYSENTER_CS, 0);
    clear(p);
    p.emit('sysenter');
  });
  guest.case('sysexit without a segment', (p) => {
    set(p, SYSENTER_CS, 0);
    clear(p);
    p.emit('sysexit');
  });
  guest.case('sysexit', (p) => {
    const user = p.fresh();
    set(p, SYSENTER_CS, USER_CODE - 3 - 0x10);
    p.emit('mov', edx, p.ref(user, 32)).emit('mov', ecx, 0x7f00).emit('sysexit').label(user).emit('mov', eax, esp);
  });
  guest.case('sysexit outside of ring 0', (p) => {
    enterRing3(p);
    p.emit('sysexit');
  });
}

function returns(guest: ProtectedGuest): void {
  guest.case('retf to ring 3 with parameters', (p) => {
    const user = p.fresh();
    p.emit('push', USER_DATA)
      .emit('push', 0x8000)
      .emit('push', 1)
      .emit('push', 2)
      .emit('push', USER_CODE)
      .emit('push', p.ref(user, 32));
    p.emit('retf', 8).label(user).emit('mov', eax, esp).emit('mov', cx, ds);
  });
  guest.case('retf to ring 3 with a null ss', (p) => {
    p.emit('push', 0).emit('push', 0x8000).emit('push', USER_CODE).emit('push', 0).emit('retf');
  });
  guest.case('iret to ring 3 with data of ring 0 in ds', (p) => {
    const user = p.fresh();
    p.emit('push', USER_DATA)
      .emit('push', 0x8000)
      .emit('push', 2)
      .emit('push', USER_CODE)
      .emit('push', p.ref(user, 32));
    p.emit('iretd').label(user).emit('mov', ax, ds);
  });
  guest.case('iret to ring 3 with conforming code', (p) => {
    const user = p.fresh();
    p.emit('push', USER_DATA)
      .emit('push', 0x8000)
      .emit('push', 2)
      .emit('push', CONFORMING | 3)
      .emit('push', p.ref(user, 32));
    p.emit('iretd').label(user);
  });
}
