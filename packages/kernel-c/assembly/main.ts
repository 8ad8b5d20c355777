/**
 * Kmain/C: the boot order of Thread/C. Entered by the loader on core 0 in long mode, interrupts off, everything below 4 GiB
 * identity-mapped; never returns.
 */
import { BOOT_INFO_IMAGE_DIRECTORY_AT, BOOT_INFO_LOADER_TSC_AT } from '@drift-os/abi/layout/boot-info';
import { sti } from '@drift-os/abi/assembly/generated/cpu';
import { PAGE_BYTES } from '@drift-os/abi/layout/memory-map';
import { OWNER_CONTROL, PROTECTION_READ, PROTECTION_WRITE, PURPOSE_SHELL } from '../layout/ledger';
import { acpiFindRsdp } from './acpi';
import { backtraceCheckWith } from './backtrace';
import { bannerBegin, bannerEnd } from './banner';
import { bootMemoryInitialize, bootMemoryRelease } from './boot-memory';
import { clockSetBoot } from './clock';
import { defineAll } from './commands/all';
import { configurationApply } from './configuration';
import { consoleInitialize } from './console';
import { descriptorsCreate, descriptorsLoad, idtCreate } from './descriptors';
import { controlStack, imageInitialize, interruptStubs } from './image';
import { interruptsRoute } from './interrupts';
import { logInitialize } from './log';
import { drainToConsole, loop } from './loop';
import { isReadable, mappingInitialize } from './mapping';
import { allocatePages } from './pages';
import { panic } from './panic';
import { platformInitialize } from './platform';
import { openSession } from './shell/index';
import { shellServe } from './shell-service';
import { guardPage } from './stacks';
import { workersStart } from './workers';

export { interrupt } from './interrupts';

const SHELL_PAGES: u32 = 64;

export function kmain(bootInfo: usize): void {
  consoleInitialize();
  if (!imageInitialize(<usize>load<u64>(bootInfo, BOOT_INFO_IMAGE_DIRECTORY_AT))) panic('the image has no directory');
  bannerBegin();
  clockSetBoot(load<u64>(bootInfo, BOOT_INFO_LOADER_TSC_AT));
  bootMemoryInitialize(bootInfo); // the ledger
  const rsdp = acpiFindRsdp(); // while page 0 can still be read
  mappingInitialize(); // own page tables, W^X
  backtraceCheckWith(isReadable.index);
  bootMemoryRelease();
  guardPage(controlStack() - PAGE_BYTES, OWNER_CONTROL);
  descriptorsLoad(descriptorsCreate(idtCreate(interruptStubs()), OWNER_CONTROL)); // from here on faults are explained
  logInitialize();
  platformInitialize(rsdp); // ACPI, interrupt controllers, clock, power
  const routed = interruptsRoute();
  sti();
  workersStart(); // the other cores
  configurationApply();
  bannerEnd();
  const memory = allocatePages(SHELL_PAGES, OWNER_CONTROL, PURPOSE_SHELL, PROTECTION_READ | PROTECTION_WRITE);
  defineAll(); // the shell's commands
  shellServe();
  const session = openSession(memory, SHELL_PAGES * PAGE_BYTES, drainToConsole.index, 0);
  if (session == 0) panic('the shell has too little memory');
  loop(session, !routed);
}
