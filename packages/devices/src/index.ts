/** The devices' public surface. */
export type { AcpiMachine } from './acpi/acpi-machine.ts';
export { addAcpiTables } from './acpi/table-loader.ts';
export { biosRom } from './bios-rom.ts';
export { DebugPort, type DebugPortEvents } from './debug-port.ts';
export type * from './device.ts';
export { BufferDisk } from './disk/buffer-disk.ts';
export { type Disk, SECTOR_BYTES } from './disk/disk.ts';
export { OverlayDisk, type OverlayState } from './disk/overlay-disk.ts';
export { ExitPort, type ExitPortEvents } from './exit-port.ts';
export { FwCfg, FW_CFG_PORTS, type FwCfgOptions, type FwCfgState } from './fw-cfg/fw-cfg.ts';
export {
  e820File,
  type E820Entry,
  FW_CFG_CORES,
  FW_CFG_MAXIMUM_CORES,
  FW_CFG_NO_GRAPHIC,
  FW_CFG_RAM_SIZE,
  FwCfgItems,
} from './fw-cfg/fw-cfg-items.ts';
export {
  addLinuxKernel,
  LinuxKernelError,
  type LinuxKernelErrorCode,
  type LinuxKernelOptions,
} from './fw-cfg/linux-kernel.ts';
export { I8042, type I8042Events, type I8042Options, type I8042State } from './i8042.ts';
export { I8237Pair, type I8237PairState } from './i8237.ts';
export { I8254, type I8254Options, type I8254State } from './i8254.ts';
export { I8259Pair, type I8259PairOptions, type I8259PairState } from './i8259.ts';
export { type IdeDriveOptions, Piix3Ide, type Piix3IdeOptions, type Piix3IdeState } from './ide/piix3-ide.ts';
export { IO_APIC_PINS, IoApic, type IoApicOptions, type IoApicState } from './io-apic.ts';
export { cmosMemorySize, Mc146818, type Mc146818Options, type Mc146818State } from './mc146818.ts';
export { Ns16550, type Ns16550Events, type Ns16550Options, type Ns16550State } from './ns16550.ts';
export { I440fx, type I440fxOptions, type ShadowSegment } from './pci/i440fx.ts';
export { PciBus, type PciBusOptions, type PciBusState, type PciSpace } from './pci/pci-bus.ts';
export {
  type PciBar,
  PciFunction,
  type PciFunctionOptions,
  type PciFunctionState,
  type PciIdentity,
  type PciRegion,
} from './pci/pci-function.ts';
export { Piix3, type Piix3Options, type Piix3State } from './pci/piix3.ts';
export { Piix4Pm, type Piix4PmEvents, type Piix4PmOptions, type Piix4PmState } from './pci/piix4-pm.ts';
export { isKeyCode } from './ps2-scan-codes.ts';
export type { MouseMotion } from './ps2-mouse.ts';
export {
  SystemControlA,
  type SystemControlAOptions,
  type SystemControlAState,
  SystemControlB,
  type SystemControlBOptions,
  type SystemControlBState,
} from './system-control.ts';
export { Vga, type VgaDeviceState, type VgaOptions } from './vga/vga.ts';
export type { Picture } from './vga/vga-render.ts';
export type { TextScreen } from './vga/vga-state.ts';
export { VirtioBlock, type VirtioBlockOptions } from './virtio/virtio-block.ts';
export { VirtioConsole, type VirtioConsoleEvents } from './virtio/virtio-console.ts';
export { VirtioNet, type VirtioNetEvents, type VirtioNetOptions } from './virtio/virtio-net.ts';
export {
  type VirtioFunction,
  VirtioPci,
  type VirtioPciOptions,
  type VirtioPciState,
  type VirtioTransport,
} from './virtio/virtio-pci.ts';
export { VirtioRng } from './virtio/virtio-rng.ts';
export { E1000, type E1000Events, type E1000Options, type E1000State } from './e1000/e1000.ts';
export { Hpet, type HpetOptions, type HpetState } from './hpet.ts';
export { Ivshmem, type IvshmemEvents, type IvshmemOptions, type IvshmemState } from './ivshmem.ts';
export { PcSpeaker, type PcSpeakerEvents } from './pc-speaker.ts';
export { Ac97, type Ac97Events, type Ac97Options, type Ac97State } from './ac97/ac97.ts';
export { DiskError, type DiskErrorCode } from './disk/disk-error.ts';
export { UrlDisk, type UrlDiskOptions } from './disk/url-disk.ts';
