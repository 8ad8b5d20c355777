/** Loads a Linux kernel that fw_cfg offers, and enters its setup code (Linux' Documentation/arch/x86/boot, "Running the kernel"). */
import { type Assembler, ax, ds, dx, eax, ecx, edi, edx, es, fs, gs, sp, ss } from '@drift-os/toolchain';
import {
  FW_CFG_COMMAND_LINE_ADDRESS,
  FW_CFG_COMMAND_LINE_DATA,
  FW_CFG_COMMAND_LINE_SIZE,
  FW_CFG_INITRD_ADDRESS,
  FW_CFG_INITRD_DATA,
  FW_CFG_INITRD_SIZE,
  FW_CFG_KERNEL_ADDRESS,
  FW_CFG_KERNEL_DATA,
  FW_CFG_KERNEL_SIZE,
  FW_CFG_SETUP_ADDRESS,
  FW_CFG_SETUP_DATA,
  FW_CFG_SETUP_SIZE,
} from '../src/fw-cfg/fw-cfg-items.ts';
import { emitVariables, own16 } from './frame.ts';
import { flat32 } from './post.ts';

const SETUP_SEGMENTS = 0x20;

/** `linux` (32-bit): copies setup code, command line, initrd and kernel; `linuxSegment` stays 0 where there is no kernel. */
export function emitLinuxLoad(a: Assembler): void {
  a.mode = 32;
  a.label('linux').emit('mov', eax, FW_CFG_KERNEL_SIZE).emit('call', a.ref('fwNumber')).emit('test', eax, eax);
  a.emit('je', a.ref('linuxNone'));
  emitCopy(a, FW_CFG_KERNEL_ADDRESS, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA);
  emitCopy(a, FW_CFG_INITRD_ADDRESS, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA);
  emitCopy(a, FW_CFG_SETUP_ADDRESS, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA);
  a.emit('mov', edx, edi);
  emitCopy(a, FW_CFG_COMMAND_LINE_ADDRESS, FW_CFG_COMMAND_LINE_SIZE, FW_CFG_COMMAND_LINE_DATA);
  // The stack ends where the command line starts, 16 bytes before, as an offset in the setup's segment.
  a.emit('sub', edi, edx).emit('sub', edi, 16).emit('mov', flat32(a, 'linuxStack'), edi);
  a.emit('shr', edx, 4).emit('mov', flat32(a, 'linuxSegment'), edx);
  a.label('linuxNone').emit('ret');
}

function emitCopy(a: Assembler, address: number, size: number, data: number): void {
  a.emit('mov', eax, size).emit('call', a.ref('fwNumber')).emit('mov', ecx, eax);
  a.emit('mov', eax, address).emit('call', a.ref('fwNumber')).emit('mov', edi, eax);
  a.emit('mov', eax, data).emit('call', a.ref('fwRead'));
}

/** `linuxEnter` (16-bit): all segments at the setup code, which begins behind its boot sector. */
export function emitLinuxEnter(a: Assembler): void {
  a.mode = 16;
  a.label('linuxEnter').emit('cli').emit('mov', ax, own16(a, 'linuxSegment')).emit('mov', dx, own16(a, 'linuxStack'));
  for (const segment of [ds, es, fs, gs, ss]) a.emit('mov', segment, ax);
  a.emit('mov', sp, dx).emit('add', ax, SETUP_SEGMENTS).emit('push', ax).emit('push', 0).emit('retf');
  emitVariables(a, () => a.label('linuxSegment').u32(0).label('linuxStack').u32(0));
}
