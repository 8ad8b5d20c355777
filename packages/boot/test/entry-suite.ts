/** The hand-written part of the image, on a machine: what the loader hands over, interrupt stubs, gate, trampoline, worker crash. */
import { BOOT_INFO_IMAGE_DIRECTORY_AT, BOOT_INFO_MAGIC } from '@drift-os/abi/layout/boot-info';
import { IMAGE_DIRECTORY_MAGIC, INTERRUPT_STUB_BYTES } from '@drift-os/abi/layout/image-directory';
import {
  FRAME_ERROR_AT,
  FRAME_R15_AT,
  FRAME_RAX_AT,
  FRAME_RIP_AT,
  FRAME_VECTOR_AT,
} from '@drift-os/abi/layout/interrupt-frame';
import { BOOT_INFO, PAGE_BYTES, TRAMPOLINE } from '@drift-os/abi/layout/memory-map';
import * as trampoline from '@drift-os/abi/layout/trampoline';
import * as worker from '@drift-os/abi/layout/worker-block';
import {
  cr0,
  cr3,
  eax,
  ebx,
  ecx,
  edx,
  gs,
  type LinkedImage,
  mem,
  mem32,
  mem64,
  r15,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  symbol,
} from '@drift-os/toolchain';
import { expect, test } from 'vitest';
import { writeDisk } from '../src/disk.ts';
import { bootMachine, type On } from './boot-machine.ts';
import { type SmallKernel, smallImage } from './small-kernel.ts';

const LOCAL_APIC = 0xfee00000;

async function run(on: On, image: LinkedImage, cores = 1): Promise<string> {
  await using machine = await bootMachine(on, writeDisk(image), { cores });
  await machine.waitFor(/(good|wrong: .*)\r\n/, { timeout: 30_000 });
  return machine.output;
}

/** An IDT with the stubs of `label` for all vectors, loaded. Changes rax, rcx, rdx, rdi. */
function loadIdt({ a }: SmallKernel, label: string): void {
  a.emit('mov', eax, a.ref(label)).emit('mov', rdi, a.ref('idt')).emit('mov', ecx, 256);
  a.label('gate');
  // Offset 15:0, selector, present 64-bit interrupt gate, offset 31:16; offset 63:32 is zero (SDM 3A 6.14.1).
  a.emit('mov', edx, eax)
    .emit('and', edx, 0xffff)
    .emit('or', edx, trampoline.SELECTOR_CODE64 << 16);
  a.emit('mov', mem32(rdi), edx);
  a.emit('mov', edx, eax).emit('and', edx, 0xffff0000).emit('or', edx, 0x8e00).emit('mov', mem32(rdi, 4), edx);
  a.emit('add', eax, INTERRUPT_STUB_BYTES).emit('add', rdi, 16).emit('dec', ecx).emit('jne', a.ref('gate'));
  a.emit('lidt', mem({ displacement: 0, symbol: symbol('idtPointer') }));
  a.section('data').align(16).label('idt').zeros(4096).label('idtPointer').u16(4095).u64(a.ref('idt'));
  a.section('text');
}

/** @param on what the image runs on */
export function entrySuite(on: On): void {
  test('the kernel gets boot information, whole contents of many pieces, and zeros where they belong', async () => {
    const contents = Uint8Array.from({ length: 150_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
    const sum = contents.reduce((total, byte) => total + byte, 0);
    const image = smallImage((kernel) => {
      const { a } = kernel;
      kernel.expect(rdi, BOOT_INFO, 'rdi is not the boot information');
      kernel.expect(mem32(rdi), BOOT_INFO_MAGIC, 'magic of the boot information');
      a.emit('mov', eax, mem32(rdi, BOOT_INFO_IMAGE_DIRECTORY_AT));
      kernel.expect(mem32(rax), IMAGE_DIRECTORY_MAGIC, 'no image directory');
      a.emit('mov', rsi, a.ref('contents')).emit('mov', ecx, contents.length).emit('xor', edx, edx);
      a.label('add')
        .emit('movzx', eax, mem({ base: rsi, bits: 8 }))
        .emit('add', edx, eax)
        .emit('inc', rsi);
      a.emit('dec', ecx).emit('jne', a.ref('add'));
      kernel.expect(edx, sum, 'contents');
      kernel.say('good\r\n').stop();
      a.section('rodata').label('contents').bytes(contents);
    });
    expect(await run(on, image)).toBe('good\r\n');
  });

  test('an interrupt and a page fault reach kernel-c.interrupt with the frame, and the registers survive', async () => {
    const image = smallImage((kernel) => {
      const { a } = kernel;
      loadIdt(kernel, 'interruptStubs');
      a.emit('mov', rax, 0x1111).emit('mov', r15, 0x2222).emit('mov', rbp, 0x3333).emit('int', 0xf1);
      kernel.expect(rax, 0x1111, 'rax is lost');
      kernel.expect(r15, 0x2222, 'r15 is lost');
      kernel.expect(mem32(a.ref('seen')), 0xf1, 'vector F1h');
      kernel.expect(mem32(a.ref('seen', 4)), 0, 'error code of an interrupt');
      // 8 TiB is not mapped: the handler moves rip behind the 2-byte load.
      a.emit('mov', rcx, 0x80000000000n).emit('mov', eax, mem32(rcx));
      kernel.expect(mem32(a.ref('seen')), 14, 'vector of a page fault');
      kernel.expect(mem32(a.ref('seen', 4)), 0, 'error code of a read from a page that is not there');
      kernel.say('good\r\n').stop();

      a.align(16).label('kernel-c.interrupt', 'function').global('kernel-c.interrupt');
      a.emit('lea', rax, mem64(rsp, 8)).emit('and', eax, 15);
      kernel.expect(eax, 0, 'the stack is not aligned in the handler');
      a.emit('mov', eax, mem32(rdi, FRAME_VECTOR_AT)).emit('mov', mem32(a.ref('seen')), eax);
      a.emit('mov', edx, mem32(rdi, FRAME_ERROR_AT)).emit('mov', mem32(a.ref('seen', 4)), edx);
      a.emit('cmp', eax, 14).emit('jne', a.ref('plain')).emit('add', mem64(rdi, FRAME_RIP_AT), 2);
      a.label('plain').emit('ret');
      a.section('data').align(8).label('seen').u64(0);
      a.section('text');
    });
    expect(await run(on, image)).toBe('good\r\n');
  });

  test('gate.enter calls and returns, gate.leave abandons what was called, both with registers and stack as they were', async () => {
    const image = smallImage((kernel) => {
      const { a } = kernel;
      const enter = (entry: string) => {
        a.emit('mov', rbx, 0x5555)
          .emit('mov', rbp, 0x6666)
          .emit('mov', r15, 0x7777)
          .emit('mov', mem64(a.ref('stack')), rsp);
        a.emit('mov', rdi, a.ref(entry)).emit('mov', rsi, 41).emit('mov', rdx, a.ref('save'));
        a.emit('call', a.ref('gate.enter')).emit('mov', rcx, mem64(a.ref('stack')));
        kernel.expect(rsp, rcx, 'the stack has moved');
        kernel.expect(rbx, 0x5555, 'rbx is lost');
        kernel.expect(rbp, 0x6666, 'rbp is lost');
        kernel.expect(r15, 0x7777, 'r15 is lost');
      };
      a.emit('sub', rsp, 8); // as a compiled function would align its calls
      enter('returns');
      kernel.expect(rax, 42, 'result of a call');
      enter('leaves');
      kernel.expect(rax, 99, 'result of leaving');
      kernel.say('good\r\n').stop();
      a.label('returns').emit('lea', rax, mem64(rdi, 1));
      a.emit('mov', rbx, 0).emit('mov', r15, 0).emit('lea', rcx, mem64(rsp, 8)).emit('test', rcx, 15);
      a.emit('je', a.ref('aligned')).emit('xor', eax, eax).label('aligned').emit('ret');
      a.label('leaves').emit('push', rax).emit('push', rax).emit('mov', rbp, 0);
      a.emit('mov', rdi, a.ref('save')).emit('mov', rsi, 99).emit('call', a.ref('gate.leave'));
      a.section('data').align(8).label('save').u64(0).label('stack').u64(0);
      a.section('text');
    });
    expect(await run(on, image)).toBe('good\r\n');
  });

  test('the trampoline brings another core to workerEntry and kernel-w.kmain, with its block, stack, GS and task', async () => {
    const image = smallImage((kernel) => {
      const { a } = kernel;
      const parameter = (at: number) => mem64(TRAMPOLINE + trampoline.TRAMPOLINE_PARAMETERS + at);
      const set = (at: number, value: Parameters<typeof a.emit>[1]) =>
        a.emit('mov', rax, value).emit('mov', parameter(at), rax);
      a.emit('mov', rsi, a.ref('trampoline'))
        .emit('mov', rdi, TRAMPOLINE)
        .emit('mov', ecx, PAGE_BYTES - 64);
      a.emit('rep movsb').emit('mov', rax, cr3).emit('mov', parameter(trampoline.TRAMPOLINE_CR3_AT), rax);
      set(trampoline.TRAMPOLINE_STACK_TOP_AT, a.ref('stackTop'));
      set(trampoline.TRAMPOLINE_WORKER_BLOCK_AT, a.ref('block'));
      set(trampoline.TRAMPOLINE_ENTRY_AT, a.ref('workerEntry'));
      set(trampoline.TRAMPOLINE_GDT_POINTER_AT, a.ref('gdtPointer'));
      set(trampoline.TRAMPOLINE_IDT_POINTER_AT, a.ref('idtPointer'));
      set(trampoline.TRAMPOLINE_TASK_SELECTOR_AT, trampoline.SELECTOR_TASK); // and `taken`, 0
      // INIT, then SIPI with vector 01h, to all but this core (SDM 3A 11.6.1).
      a.emit('mov', ebx, LOCAL_APIC).emit('mov', mem32(rbx, 0xf0), 0x1ff);
      a.emit('mov', mem32(rbx, 0x300), 0xc4500)
        .emit('mov', ecx, 2_000_000)
        .label('settle')
        .emit('loop', a.ref('settle'));
      a.emit('mov', mem32(rbx, 0x300), 0xc4600 | (TRAMPOLINE >> 12));
      a.label('wait')
        .emit('pause')
        .emit('cmp', mem32(a.ref('arrived')), 0)
        .emit('je', a.ref('wait'));
      kernel.expect(
        mem32(TRAMPOLINE + trampoline.TRAMPOLINE_PARAMETERS + trampoline.TRAMPOLINE_TAKEN_AT),
        1,
        'not taken',
      );
      kernel.expect(mem32(a.ref('arrived')), 1, 'the other core found something wrong');
      kernel.say('good\r\n').stop();

      // Counts what is right: 1 + the number of wrong things goes to `arrived`.
      a.label('kernel-w.kmain', 'function').global('kernel-w.kmain').emit('mov', ebx, 1);
      const check = (name: string) => a.emit('je', a.ref(name)).emit('inc', ebx).label(name);
      a.emit('cmp', rdi, a.ref('block'));
      check('blockRight');
      a.emit('lea', rax, mem64(rsp, 8)).emit('cmp', rax, a.ref('stackTop'));
      check('stackRight');
      a.emit('mov', eax, mem32({ segment: gs, displacement: 0, addressBits: 64 })).emit('cmp', eax, 0x600d);
      check('gsRight');
      a.emit('str', eax).emit('cmp', eax, trampoline.SELECTOR_TASK);
      check('taskRight');
      a.emit('mov', rax, cr0).emit('and', eax, 0xe0010001).emit('cmp', eax, 0x80010001);
      check('cachesRight');
      a.emit('mov', mem32(a.ref('arrived')), ebx)
        .label('asleep')
        .emit('hlt')
        .emit('jmp', a.ref('asleep'));

      a.section('data').align(4096).label('block').zeros(worker.WORKER_GLOBALS).u32(0x600d);
      a.align(16).zeros(1024).label('stackTop').u32(0).label('arrived').u32(0);
      a.align(16).label('gdt').u64(0, 0x00af9b000000ffffn, 0x00cf93000000ffffn, 0, 0, 0, 0x0000890000000067n, 0);
      a.label('gdtPointer').u16(63).u64(a.ref('gdt')).label('idtPointer').u16(0).u64(0);
      a.section('text');
    });
    expect(await run(on, image, 2)).toBe('good\r\n');
  });

  test('a fault of a worker is recorded in its block, and Thread/C is woken', async () => {
    const image = smallImage((kernel) => {
      const { a } = kernel;
      loadIdt(kernel, 'workerStubs');
      const field = (at: number) => mem32(a.ref('block', at));
      a.emit('mov', rax, a.ref('block', worker.WORKER_GLOBALS)).emit('xor', edx, edx).emit('mov', ecx, 0xc0000101);
      a.emit('wrmsr');
      a.emit('mov', eax, a.ref('apic')).emit('mov', field(worker.WORKER_LOCAL_APIC_AT), eax);
      a.emit('mov', field(worker.WORKER_WAKE_VECTOR_AT), 0xf0).emit('mov', field(worker.WORKER_CONTROL_APIC_ID_AT), 3);
      a.emit('mov', rax, 0x7777).emit('mov', r15, 0x8888).emit('mov', rcx, 0x80000000000n);
      kernel.say('good\r\n');
      a.emit('mov', rax, 0x7777).emit('mov', mem32(rcx), eax);
      a.section('data').align(4096).label('block').zeros(4096).label('apic').zeros(1024);
      a.section('text');
    });
    const block = image.symbols.find(({ name }) => name === 'block')?.address ?? 0;
    await using machine = await bootMachine(on, writeDisk(image));
    await machine.waitFor('good\r\n', { timeout: 30_000 });
    let bytes = await machine.readMemory(block, 0x2000);
    const u32 = (at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
    for (let tries = 0; tries < 100 && u32(4096 + 0x300) === 0; tries++)
      bytes = await machine.readMemory(block, 0x2000);
    const crash = worker.WORKER_CRASH_FRAME_AT;
    expect(u32(worker.WORKER_STATE_AT)).toBe(worker.WORKER_FAULTED);
    expect(u32(crash + FRAME_VECTOR_AT)).toBe(14);
    expect(u32(crash + FRAME_ERROR_AT)).toBe(2);
    expect(u32(crash + FRAME_RAX_AT)).toBe(0x7777);
    expect(u32(crash + FRAME_R15_AT)).toBe(0x8888);
    expect(u32(worker.WORKER_CRASH_CR2_AT + 4)).toBe(0x800);
    expect(u32(4096 + 0x310)).toBe(3 << 24);
    expect(u32(4096 + 0x300)).toBe(0x40f0);
  });
}
