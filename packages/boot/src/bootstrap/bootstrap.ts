/** Boot sector and loader as one program: what stands on a disk before the image, but for the disk header between the two. */
import { BOOT_SECTOR, LOADER } from '@drift-os/abi/layout/memory-map';
import { Assembler, si } from '@drift-os/toolchain';
import { SECTOR_BYTES } from '../disk-header.ts';
import { emitBootSector } from './boot-sector.ts';
import { emitCheckLoader, emitLoadImage, emitPlacePieces } from './load-image.ts';
import { emitEnterLongMode } from './long-mode.ts';
import { emitCheckLongMode, emitCheckMemory, emitEnableA20, emitReadE820 } from './machine-check.ts';
import { emitCallProtected, emitGdt } from './protected.ts';

/** Disk header and loader, in sectors: what the boot sector reads. */
export const LOADER_SECTORS = 5;

export interface Bootstrap {
  /** 512 bytes. */
  readonly bootSector: Uint8Array;
  /** Code behind the disk header, LOADER_SECTORS - 1 sectors. */
  readonly loader: Uint8Array;
  /** Offset in the boot sector of the u32 that takes the number of sectors behind it. */
  readonly partitionSectorsAt: number;
}

export function assembleBootstrap(): Bootstrap {
  const a = new Assembler({ name: 'bootstrap', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  emitBootSector(a, LOADER_SECTORS);
  a.org(LOADER - BOOT_SECTOR + SECTOR_BYTES);
  emitLoader(a);
  a.org((1 + LOADER_SECTORS) * SECTOR_BYTES);
  const { sections, symbols } = a.finish();
  const bytes = sections[0]?.bytes ?? new Uint8Array();
  return {
    bootSector: bytes.slice(0, SECTOR_BYTES),
    loader: bytes.slice(2 * SECTOR_BYTES),
    partitionSectorsAt: symbols.find(({ name }) => name === 'partitionSectors')?.offset ?? 0,
  };
}

/** The order of the boot, as the loader goes through it. Each step that fails says so and stops. */
function emitLoader(a: Assembler): void {
  a.label('loader');
  for (const step of ['checkLongMode', 'enableA20', 'checkLoader', 'readE820', 'checkMemory', 'loadImage']) {
    a.emit('call', a.ref(step));
  }
  a.emit('mov', si, a.ref('enterLongMode')).emit('jmp', a.ref('callProtected'));
  emitCheckLongMode(a);
  emitEnableA20(a);
  emitReadE820(a);
  emitCheckMemory(a);
  emitCheckLoader(a, LOADER_SECTORS);
  emitLoadImage(a);
  emitPlacePieces(a);
  emitCallProtected(a);
  emitGdt(a);
  emitEnterLongMode(a);
}
