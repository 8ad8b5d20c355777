/** The BIOS as a 64 KiB ROM: the order in which it starts, and where its parts are. */
import { Assembler, far } from '@drift-os/toolchain';
import { emitAcpi } from './acpi.ts';
import { emitBoot } from './boot.ts';
import { emitDisk } from './disk.ts';
import { emitDiskDetect } from './disk-detect.ts';
import { font } from './font.ts';
import { emitServiceExits } from './frame.ts';
import { emitFwCfg } from './fw-cfg.ts';
import { emitKeyboard } from './keyboard.ts';
import { emitLinuxEnter, emitLinuxLoad } from './linux.ts';
import { emitMemoryMap } from './memory-map.ts';
import { BIOS_BYTES, BIOS_SEGMENT } from './memory-layout.ts';
import { emitPci } from './pci.ts';
import { emitChips, emitDescriptors, emitPowerOn, emitToRealMode } from './post.ts';
import { emitSystem } from './system.ts';
import { emitTimer } from './timer.ts';
import { emitVideo } from './video.ts';
import { emitVideoMode } from './video-mode.ts';

const RESET_VECTOR = 0xfff0;
/** Where the RSDP may go. */
const FREE_END = 0xff00;

/** @throws AssemblerError when something does not fit into its place */
export function assembleBios(): Uint8Array {
  const a = new Assembler({ name: 'bios', mode: 16 });
  a.section('text', { address: 0 });
  emitPowerOn(a);
  for (const step of ['chips', 'fwDirectory', 'memorySize', 'pci', 'acpi', 'memoryMap', 'linux'])
    a.emit('call', a.ref(step));
  emitToRealMode(a);
  emitDescriptors(a);
  emitChips(a);
  emitPci(a);
  emitFwCfg(a);
  emitAcpi(a);
  emitMemoryMap(a);
  emitLinuxLoad(a);
  emitLinuxEnter(a);
  emitBoot(a);
  emitServiceExits(a);
  emitVideo(a);
  emitVideoMode(a, font());
  emitDisk(a);
  emitDiskDetect(a);
  emitKeyboard(a);
  emitTimer(a);
  emitSystem(a);
  a.align(16, 0).label('free').org(FREE_END).label('freeEnd');
  a.org(RESET_VECTOR).emit('jmp far', far(BIOS_SEGMENT, a.ref('post')));
  a.org(BIOS_BYTES);
  return a.finish().sections[0]?.bytes ?? new Uint8Array();
}
