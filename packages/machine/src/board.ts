/** The board: the devices that every PC has, wired up, each at its address. Cores and RAM are plugged in from outside. */
import {
  addAcpiTables,
  type Clock,
  cmosMemorySize,
  DebugPort,
  type Device,
  type DeviceEvents,
  ExitPort,
  FW_CFG_CORES,
  FW_CFG_MAXIMUM_CORES,
  FW_CFG_PORTS,
  FW_CFG_RAM_SIZE,
  FwCfg,
  FwCfgItems,
  e820File,
  type GuestMemory,
  Hpet,
  I440fx,
  I8042,
  I8237Pair,
  I8254,
  I8259Pair,
  type IdeDriveOptions,
  type InterruptLine,
  type InterruptMessages,
  IoApic,
  Mc146818,
  Ns16550,
  PciBus,
  type PciRegion,
  Piix3,
  Piix3Ide,
  Piix4Pm,
  type ShadowSegment,
  SystemControlA,
  SystemControlB,
  Vga,
} from '@drift-os/devices';
import {
  HPET_ADDRESS,
  IO_APIC_ADDRESS,
  Irq,
  PCI_MEMORY_LAST,
  PciDevice,
  PIRQ_ROUTES,
  Port,
  VGA_MEMORY,
  VGA_MEMORY_BYTES,
  PCI_MEMORY_FIRST,
} from './addresses.ts';
import { IsaInterrupts, TIMER_PIN } from './isa-interrupts.ts';
import { MemorySpace } from './memory-space.ts';
import { PortSpace } from './port-space.ts';

/** What happens on the board that concerns the rest of the machine. */
export interface BoardEvents extends DeviceEvents {
  serialByte(line: 0 | 1, byte: number): void;
  debugByte(byte: number): void;
  /** The guest wants all cores and devices reset. */
  reset(): void;
  /** The guest has switched the machine off. */
  powerOff(): void;
  /** The guest wrote to the exit port: 1 to 255. */
  exit(status: number): void;
  unclaimed(space: 'port' | 'memory', address: number, access: 'read' | 'write'): void;
}

export interface BoardOptions {
  readonly clock: Clock;
  readonly events: BoardEvents;
  /** RAM, for devices that are bus masters. */
  readonly ram: GuestMemory;
  /** Bytes below 4 GiB. */
  readonly memory: number;
  readonly cores: number;
  /** The 8259s' request to core 0. */
  readonly interruptRequest: InterruptLine;
  readonly messages: InterruptMessages;
  readonly shadow: (segment: ShadowSegment) => void;
  readonly a20: InterruptLine;
  /** Unix time in ms at the clock's zero. */
  readonly startTime: number;
  readonly drives: readonly (IdeDriveOptions | undefined)[];
  /** Of the VGA; a power of two. */
  readonly videoMemory: Uint8Array;
  /** The VGA's own BIOS, where the BIOS wants one. */
  readonly vgaBios: Uint8Array | undefined;
}

const ISA_REQUESTS = 16;

/** A line that can be cut: the other end is low then. */
function gated(to: InterruptLine): { readonly line: InterruptLine; open(open: boolean): void } {
  let [level, isOpen] = [false, true];
  const update = (): void => to.set(level && isOpen);
  return {
    line: {
      set: (value) => {
        level = value;
        update();
      },
    },
    open: (value) => {
      isOpen = value;
      update();
    },
  };
}

/** Soft off: sleep type of \_S5. */
const SOFT_OFF = 0;

export class Board {
  readonly ports: PortSpace;
  readonly memory: MemorySpace;
  readonly pics: I8259Pair;
  readonly ioApic: IoApic;
  readonly interrupts: IsaInterrupts;
  readonly keyboardController: I8042;
  readonly serial: readonly [Ns16550, Ns16550];
  readonly pci: PciBus;
  readonly vga: Vga;
  readonly powerManagement: Piix4Pm;
  readonly firmwareItems: FwCfgItems;
  /** By name, in the order in which they are reset, saved and restored. */
  readonly devices: Map<string, Device<unknown>> = new Map<string, Device<unknown>>();

  constructor(options: BoardOptions) {
    const { clock, events, ram, messages } = options;
    this.ports = new PortSpace((port, access) => events.unclaimed('port', port, access));
    this.memory = new MemorySpace((address, access) => events.unclaimed('memory', address, access));
    this.pics = this.#add('8259', new I8259Pair({ output: options.interruptRequest }));
    this.ioApic = this.#add('I/O APIC', new IoApic({ messages, events }));
    this.interrupts = new IsaInterrupts(this.pics, this.ioApic);
    const irq = (request: number): InterruptLine => this.interrupts.line(request);

    const timerGate = gated(irq(Irq.timer));
    const clockGate = gated(irq(Irq.clock));
    const timer = this.#add('8254', new I8254({ clock, irq: timerGate.line }));
    const dma = this.#add('8237', new I8237Pair());
    const cmos = cmosMemorySize(options.memory, 0);
    const { startTime } = options;
    const rtc = this.#add('MC146818', new Mc146818({ clock, irq: clockGate.line, startTime, cmos }));
    this.keyboardController = this.#add(
      '8042',
      new I8042({ keyboardIrq: irq(Irq.keyboard), mouseIrq: irq(Irq.mouse), a20: options.a20, events }),
    );
    const controlB = this.#add('port 61h', new SystemControlB({ clock, timer }));
    const controlA = this.#add('port 92h', new SystemControlA({ a20: options.a20, events }));
    const uart = (line: 0 | 1, request: number): Ns16550 =>
      new Ns16550({ irq: irq(request), events: { serialByte: (byte) => events.serialByte(line, byte) } });
    this.serial = [this.#add('16550 1', uart(0, Irq.serial1)), this.#add('16550 2', uart(1, Irq.serial2))];

    const hpet = this.#add(
      'HPET',
      new Hpet({
        clock,
        line: (input) => this.#ioApicLine(input),
        legacyRoutes: (enabled) => {
          for (const gate of [timerGate, clockGate]) gate.open(!enabled);
        },
        events,
      }),
    );
    const space = { map: (region: PciRegion) => this.#map(region), unmap: (region: PciRegion) => this.#unmap(region) };
    const piix3 = this.#add('PIIX3', new Piix3({ irq, events }));
    this.pci = this.#add('PCI', new PciBus({ space, messages, pirq: piix3.pirq, resetControl: piix3.resetControl }));
    const hostBridge = this.#add('i440FX', new I440fx({ shadow: options.shadow }));
    const ide = this.#add(
      'IDE',
      new Piix3Ide({
        drives: options.drives,
        irqs: [irq(Irq.primaryIde), irq(Irq.secondaryIde)],
        memory: ram,
        events,
      }),
    );
    const sleep = (type: number): void => (type === SOFT_OFF ? events.powerOff() : undefined);
    this.powerManagement = this.#add(
      'PIIX4 PM',
      new Piix4Pm({ clock, sci: irq(Irq.powerManagement), space, events: { ...events, sleep } }),
    );
    this.pci.plug(PciDevice.hostBridge, 0, hostBridge.pci);
    this.pci.plug(PciDevice.piix, 0, piix3.pci);
    this.pci.plug(PciDevice.piix, 1, ide.pci);
    this.pci.plug(PciDevice.piix, 3, this.powerManagement.pci);

    const { videoMemory, vgaBios } = options;
    const rom = vgaBios === undefined ? {} : { rom: vgaBios };
    this.vga = this.#add('VGA', new Vga({ clock, events, memory: videoMemory, ...rom }));
    this.pci.plug(PciDevice.vga, 0, this.vga.pci);

    this.firmwareItems = new FwCfgItems();
    this.#describe(options);
    const firmware = this.#add('fw_cfg', new FwCfg({ memory: ram, items: this.firmwareItems }));
    const exit = new ExitPort(events);
    const debug = new DebugPort(events);

    const { ports } = this;
    const place = (
      name: string,
      first: number,
      count: number,
      window: Parameters<PortSpace['add']>[0]['window'],
    ): void => ports.add({ name, first, count, window });
    place('8237 low', Port.dmaLow, 16, dma.low);
    place('8259 master', Port.masterPic, 2, this.pics.master);
    place('8254', Port.timer, 4, timer.ports);
    place('8042 data', Port.keyboardData, 1, this.keyboardController.data);
    place('port 61h', Port.systemControlB, 1, controlB.ports);
    place('8042 control', Port.keyboardControl, 1, this.keyboardController.control);
    place('MC146818', Port.clock, 2, rtc.ports);
    place('8237 pages', Port.dmaPages, 16, dma.pages);
    place('port 92h', Port.systemControlA, 1, controlA.ports);
    place('8259 slave', Port.slavePic, 2, this.pics.slave);
    place('APM', Port.apm, 2, this.powerManagement.apm);
    place('8237 high', Port.dmaHigh, 32, dma.high);
    place('debug port E9h', Port.debugBochs, 1, debug.ports);
    place('debug port 402h', Port.debugQemu, 1, debug.ports);
    place('exit port', Port.exit, 4, exit.ports);
    place('exit port 501h', Port.exitSecond, 4, exit.ports);
    place('COM2', Port.serial2, 8, this.serial[1].ports);
    place('COM1', Port.serial1, 8, this.serial[0].ports);
    place('VGA', Port.vga, 0x30, this.vga.ports);
    place('VBE', Port.vbe, 4, this.vga.vbePorts);
    place('8259 edge/level', Port.edgeLevel, 2, this.pics.edgeLevelControl);
    place('fw_cfg', Port.firmwareConfiguration, FW_CFG_PORTS, firmware.ports);
    place('PCI', Port.pci, 8, this.pci.ports);
    for (const [channel, command, control] of [
      [0, 0x1f0, 0x3f4],
      [1, 0x170, 0x374],
    ] as const) {
      const at = ide.channels[channel];
      place(`IDE ${channel}`, command, 8, at.command);
      place(`IDE ${channel} control`, control, 4, at.control);
    }
    this.memory.add({ name: 'VGA', first: VGA_MEMORY, length: VGA_MEMORY_BYTES, window: this.vga.window });
    this.memory.add({ name: 'HPET', first: HPET_ADDRESS, length: 0x400, window: hpet.memory });
    this.memory.add({ name: 'I/O APIC', first: IO_APIC_ADDRESS, length: 0x1000, window: this.ioApic.memory });
  }

  /** Everything but RAM, as the RESET wire leaves it. */
  reset(): void {
    for (const device of this.devices.values()) device.reset();
  }

  #add<T extends Device<unknown>>(name: string, device: T): T {
    this.devices.set(name, device);
    return device;
  }

  /** An input of the I/O APIC by its number; those of ISA requests are shared with them. */
  #ioApicLine(input: number): InterruptLine {
    if (input >= ISA_REQUESTS) return this.ioApic.input(input);
    return this.interrupts.line(input === TIMER_PIN ? Irq.timer : input);
  }

  /** What firmware is told of the machine. */
  #describe({ memory, cores }: BoardOptions): void {
    const items = this.firmwareItems;
    items
      .setNumber(FW_CFG_RAM_SIZE, memory, 8)
      .setNumber(FW_CFG_CORES, cores, 2)
      .setNumber(FW_CFG_MAXIMUM_CORES, cores, 2);
    items.setFile('etc/e820', e820File([{ base: 0, length: memory, type: 1 }]));
    addAcpiTables(items, {
      apicIds: Array.from({ length: cores }, (_, core) => core),
      ioApic: { id: 0, address: IO_APIC_ADDRESS },
      pmBase: Port.powerManagement,
      pciMemory: { first: PCI_MEMORY_FIRST, last: PCI_MEMORY_LAST },
      hpet: HPET_ADDRESS,
      serialPorts: 2,
      pirqs: PIRQ_ROUTES,
    });
  }

  #map(region: PciRegion): void {
    const { base, bytes } = region;
    if (region.space === 'port') this.ports.cover({ name: 'PCI', first: base, count: bytes, window: region.window });
    else this.memory.cover({ name: 'PCI', first: base, length: bytes, window: region.window });
  }

  #unmap(region: PciRegion): void {
    if (region.space === 'port') this.ports.uncover(region.window);
    else this.memory.uncover(region.window);
  }
}
