/** A Linux kernel as fw_cfg items, prepared for firmware that only copies them and jumps. Linux' Documentation/arch/x86/boot. */
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
  type FwCfgItems,
} from './fw-cfg-items.ts';

const SECTOR_BYTES = 512;
const SETUP_SECTORS_AT = 0x1f1;
const SYSTEM_SIZE_AT = 0x1f4;
const VIDEO_MODE_AT = 0x1fa;
const BOOT_FLAG_AT = 0x1fe;
const HEADER_AT = 0x202;
const VERSION_AT = 0x206;
const LOADER_TYPE_AT = 0x210;
const LOAD_FLAGS_AT = 0x211;
const INITRD_AT = 0x218;
const INITRD_SIZE_AT = 0x21c;
const HEAP_END_AT = 0x224;
const COMMAND_LINE_AT = 0x228;
const INITRD_MAXIMUM_AT = 0x22c;
const COMMAND_LINE_LIMIT_AT = 0x238;
const SIGNATURE = 0x53726448;
const LOADED_HIGH = 0x01;
const CAN_USE_HEAP = 0x80;
/** The oldest protocol with a command line pointer; kernels since 2.4. */
const OLDEST_PROTOCOL = 0x0203;
const DEFAULT_SETUP_SECTORS = 4;
/** "Undefined": a loader without a number of its own. */
const LOADER_TYPE = 0xff;
const NORMAL_VIDEO = 0xffff;
const SETUP_ADDRESS = 0x10000;
const COMMAND_LINE_ADDRESS = 0x20000;
const KERNEL_ADDRESS = 0x100000;
const PAGE_BYTES = 4096;
/** Firmware puts the ACPI tables at the end of memory. */
const ACPI_ROOM = 0x40000;

export type LinuxKernelErrorCode =
  | 'NOT_A_KERNEL'
  | 'KERNEL_TOO_OLD'
  | 'KERNEL_CUT_SHORT'
  | 'INITRD_TOO_LARGE'
  | 'COMMAND_LINE_TOO_LONG';

export class LinuxKernelError extends Error {
  override readonly name = 'LinuxKernelError';
  readonly code: LinuxKernelErrorCode;

  constructor(code: LinuxKernelErrorCode, problem: string) {
    super(problem);
    this.code = code;
  }
}

export interface LinuxKernelOptions {
  /** A bzImage. */
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  readonly commandLine?: string;
  /** Bytes of RAM below 4 GiB; the initrd is put near its end. */
  readonly memoryBelow4G: number;
}

/** @throws LinuxKernelError when the file is no bzImage, is cut short, or things do not fit */
export function addLinuxKernel(items: FwCfgItems, options: LinuxKernelOptions): void {
  const { kernel, initrd = new Uint8Array(), memoryBelow4G } = options;
  const setupBytes = checkKernel(kernel);
  const setup = kernel.slice(0, setupBytes);
  const view = new DataView(setup.buffer);
  const commandLine = new TextEncoder().encode(`${options.commandLine ?? ''}\0`);
  const limit = view.getUint16(VERSION_AT, true) >= 0x0206 ? view.getUint32(COMMAND_LINE_LIMIT_AT, true) : 255;
  if (commandLine.length - 1 > limit) {
    const problem = `The kernel's command line has ${commandLine.length - 1} bytes; this kernel takes at most ${limit}. Shorten it.`;
    throw new LinuxKernelError('COMMAND_LINE_TOO_LONG', problem);
  }
  view.setUint8(LOADER_TYPE_AT, LOADER_TYPE);
  view.setUint8(LOAD_FLAGS_AT, view.getUint8(LOAD_FLAGS_AT) | CAN_USE_HEAP);
  view.setUint16(VIDEO_MODE_AT, NORMAL_VIDEO, true);
  // The heap ends below the stack, which starts at the command line; the field is relative to the end of the boot sector.
  view.setUint16(HEAP_END_AT, COMMAND_LINE_ADDRESS - SETUP_ADDRESS - 0x1000 - SECTOR_BYTES, true);
  view.setUint32(COMMAND_LINE_AT, COMMAND_LINE_ADDRESS, true);
  items.set(FW_CFG_SETUP_DATA, setup).setNumber(FW_CFG_SETUP_SIZE, setup.length, 4);
  items.setNumber(FW_CFG_SETUP_ADDRESS, SETUP_ADDRESS, 4);
  items.set(FW_CFG_COMMAND_LINE_DATA, commandLine).setNumber(FW_CFG_COMMAND_LINE_SIZE, commandLine.length, 4);
  items.setNumber(FW_CFG_COMMAND_LINE_ADDRESS, COMMAND_LINE_ADDRESS, 4);
  const code = kernel.subarray(setupBytes);
  items.set(FW_CFG_KERNEL_DATA, code).setNumber(FW_CFG_KERNEL_SIZE, code.length, 4);
  items.setNumber(FW_CFG_KERNEL_ADDRESS, KERNEL_ADDRESS, 4);
  if (initrd.length === 0) return;
  const address = initrdAddress(view, initrd.length, memoryBelow4G, KERNEL_ADDRESS + code.length);
  view.setUint32(INITRD_AT, address, true);
  view.setUint32(INITRD_SIZE_AT, initrd.length, true);
  items.set(FW_CFG_INITRD_DATA, initrd).setNumber(FW_CFG_INITRD_SIZE, initrd.length, 4);
  items.setNumber(FW_CFG_INITRD_ADDRESS, address, 4);
}

/** @returns bytes of boot sector and setup code */
function checkKernel(kernel: Uint8Array): number {
  if (kernel.length < 0x260) {
    throw new LinuxKernelError(
      'NOT_A_KERNEL',
      `The kernel has ${kernel.length} bytes, which is less than its header. Give a Linux bzImage, such as /boot/vmlinuz.`,
    );
  }
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.byteLength);
  if (view.getUint16(BOOT_FLAG_AT, true) !== 0xaa55 || view.getUint32(HEADER_AT, true) !== SIGNATURE) {
    throw new LinuxKernelError(
      'NOT_A_KERNEL',
      'The kernel has no boot header ("HdrS"). Give a Linux bzImage, such as /boot/vmlinuz, not a vmlinux.',
    );
  }
  const version = view.getUint16(VERSION_AT, true);
  if (version < OLDEST_PROTOCOL || (view.getUint8(LOAD_FLAGS_AT) & LOADED_HIGH) === 0) {
    const text = `${version >> 8}.${(version & 0xff).toString().padStart(2, '0')}`;
    throw new LinuxKernelError(
      'KERNEL_TOO_OLD',
      `The kernel has boot protocol ${text}; 2.03 with a high load address is the oldest. Give a newer one.`,
    );
  }
  const setupBytes = SECTOR_BYTES * (1 + (view.getUint8(SETUP_SECTORS_AT) || DEFAULT_SETUP_SECTORS));
  const wanted = setupBytes + view.getUint32(SYSTEM_SIZE_AT, true) * 16;
  // The size is rounded up to 16 bytes, the file need not be.
  if (kernel.length + 15 < wanted) {
    throw new LinuxKernelError(
      'KERNEL_CUT_SHORT',
      `The kernel is cut short: ${kernel.length} of ${wanted} bytes are there. Copy it again, or give another.`,
    );
  }
  return setupBytes;
}

function initrdAddress(setup: DataView, bytes: number, memory: number, kernelEnd: number): number {
  const highest = Math.min(setup.getUint32(INITRD_MAXIMUM_AT, true) + 1, memory - ACPI_ROOM);
  const address = Math.floor((highest - bytes) / PAGE_BYTES) * PAGE_BYTES;
  // The kernel decompresses itself in front of the initrd, into several times its size.
  if (address < kernelEnd) {
    throw new LinuxKernelError(
      'INITRD_TOO_LARGE',
      `An initrd of ${bytes} bytes does not fit into ${memory} bytes of memory beside its kernel. Give the machine more memory.`,
    );
  }
  return address;
}
