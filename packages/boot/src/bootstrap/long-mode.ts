/** The last steps of the loader: boot information, page tables, long mode, and the jump into the image. */
import {
  BOOT_INFO_DRIVE_AT,
  BOOT_INFO_IMAGE_DIRECTORY_AT,
  BOOT_INFO_IMAGE_END_AT,
  BOOT_INFO_IMAGE_START_AT,
  BOOT_INFO_MAGIC,
  BOOT_INFO_MAGIC_AT,
  BOOT_INFO_VERSION,
  BOOT_INFO_VERSION_AT,
} from '@drift-os/abi/layout/boot-info';
import { BOOT_INFO, LOADER, LOADER_PAGE_TABLES, LOADER_STACK_TOP, PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { SELECTOR_CODE64, SELECTOR_DATA } from '@drift-os/abi/layout/trampoline';
import {
  type Assembler,
  cr0,
  cr3,
  cr4,
  ds,
  eax,
  ecx,
  edi,
  es,
  far,
  fs,
  gs,
  mem32,
  mem8,
  rsp,
  rax,
  ss,
} from '@drift-os/toolchain';
import { CR0_PAGING, CR0_WRITE_PROTECT, CR4_PAE, EFER_LONG_MODE, MSR_EFER } from '../control-registers.ts';
import { DIRECTORY_AT, ENTRY_AT, IMAGE_END_AT, IMAGE_START_AT } from '../disk-header.ts';

const TABLE_ENTRY = 0x03; // present, writable
const LARGE_PAGE_ENTRY = 0x83; // and 2 MiB
const LARGE_PAGE_BYTES = 0x200000;
const DIRECTORIES = 4;

/** `enterLongMode` (32-bit, does not return): `image entry(rdi = BOOT_INFO)`, rsp = LOADER_STACK_TOP, interrupts off. */
export function emitEnterLongMode(a: Assembler): void {
  a.mode = 32;
  a.label('enterLongMode');
  emitBootInfo(a);
  emitPageTables(a);
  a.emit('mov', eax, cr4).emit('or', eax, CR4_PAE).emit('mov', cr4, eax);
  a.emit('mov', eax, LOADER_PAGE_TABLES).emit('mov', cr3, eax);
  a.emit('mov', ecx, MSR_EFER).emit('rdmsr').emit('or', eax, EFER_LONG_MODE).emit('wrmsr');
  a.emit('mov', eax, cr0)
    .emit('or', eax, CR0_PAGING | CR0_WRITE_PROTECT)
    .emit('mov', cr0, eax);
  a.emit('jmp far', far(SELECTOR_CODE64, a.ref('longMode')));

  a.mode = 64;
  a.label('longMode').emit('mov', eax, SELECTOR_DATA);
  for (const segment of [ds, es, ss, fs, gs]) a.emit('mov', segment, eax);
  a.emit('mov', rsp, LOADER_STACK_TOP).emit('mov', edi, BOOT_INFO);
  a.emit('mov', eax, mem32(LOADER + ENTRY_AT)).emit('jmp', rax);
}

function emitBootInfo(a: Assembler): void {
  const store = (at: number) => mem32(BOOT_INFO + at);
  a.emit('mov', store(BOOT_INFO_MAGIC_AT), BOOT_INFO_MAGIC).emit('mov', store(BOOT_INFO_VERSION_AT), BOOT_INFO_VERSION);
  a.emit('movzx', eax, mem8(a.ref('drive'))).emit('mov', store(BOOT_INFO_DRIVE_AT), eax);
  for (const [from, to] of [
    [DIRECTORY_AT, BOOT_INFO_IMAGE_DIRECTORY_AT],
    [IMAGE_START_AT, BOOT_INFO_IMAGE_START_AT],
    [IMAGE_END_AT, BOOT_INFO_IMAGE_END_AT],
  ] as const) {
    a.emit('mov', eax, mem32(LOADER + from))
      .emit('mov', store(to), eax)
      .emit('mov', store(to + 4), 0);
  }
}

/** Identity map of the first 4 GiB: one level-4 table, one level-3 table, four directories of 2 MiB pages (SDM 3A 4.5). */
function emitPageTables(a: Assembler): void {
  const level3 = LOADER_PAGE_TABLES + PAGE_BYTES;
  const directories = level3 + PAGE_BYTES;
  a.emit('mov', edi, LOADER_PAGE_TABLES).emit('xor', eax, eax);
  a.emit('mov', ecx, ((2 + DIRECTORIES) * PAGE_BYTES) / 4).emit('rep stosd');
  a.emit('mov', mem32(LOADER_PAGE_TABLES), level3 | TABLE_ENTRY);
  for (let index = 0; index < DIRECTORIES; index++) {
    a.emit('mov', mem32(level3 + index * 8), (directories + index * PAGE_BYTES) | TABLE_ENTRY);
  }
  a.emit('mov', edi, directories)
    .emit('mov', eax, LARGE_PAGE_ENTRY)
    .emit('mov', ecx, DIRECTORIES * 512);
  a.label('pageEntry').emit('mov', mem32(edi), eax).emit('add', edi, 8).emit('add', eax, LARGE_PAGE_BYTES);
  a.emit('loop', a.ref('pageEntry'));
}
