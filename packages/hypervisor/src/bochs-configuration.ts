/** Bochs' configuration file for a machine; a pure function, so that tests read it without Bochs. */
import { HypervisorError } from './errors.ts';
import { type BochsOptions, checkChoice, checkInteger, memoryMebibytes } from './options.ts';
import { TEXT_BYTES, TEXT_MEMORY } from '@drift-os/console';

export interface BochsPlaces {
  readonly imagePath: string;
  /** Where the guest's writes to the disk go. */
  readonly journalPath: string;
  readonly logPath: string;
  /** TCP port of the loopback interface on which this process awaits the serial line. */
  readonly serialPort: number;
}

/** @throws HypervisorError OPTION_INVALID for a value that Bochs could not be started with. */
export function bochsConfiguration(options: Omit<BochsOptions, 'image'>, places: BochsPlaces): string {
  const memory = memoryMebibytes(options.memory ?? '512M');
  const ips = checkInteger('instructionsPerSecond', options.instructionsPerSecond ?? 50_000_000, 1_000_000, 1e9);
  const onReset = checkChoice('onReset', options.onReset ?? 'end', ['end', 'restart']);
  const model = options.cpu ?? 'corei7_haswell_4770';
  if (!/^[a-z0-9_]+$/.test(model)) {
    throw new HypervisorError('OPTION_INVALID', `Option cpu is ${JSON.stringify(model)}; see \`bochs --help cpu\`.`);
  }
  return [
    'config_interface: textconfig',
    // The one display that needs neither a screen nor a terminal; it waits for no viewer.
    'display_library: rfb, options="timeout=0"',
    // Where a host has no sound, some drivers take the whole program down.
    'sound: driver=dummy',
    'romimage: file=$BXSHARE/BIOS-bochs-latest',
    'vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest',
    `memory: guest=${memory}, host=${Math.min(memory, 2048)}`,
    `cpu: model=${model}, count=1, ips=${ips}, reset_on_triple_fault=${onReset === 'restart' ? 1 : 0}`,
    `ata0-master: type=disk, path="${places.imagePath}", mode=volatile, journal="${places.journalPath}"`,
    'boot: disk',
    `com1: enabled=1, mode=socket-client, dev=127.0.0.1:${places.serialPort}`,
    'clock: sync=none, time0=local',
    'speaker: enabled=0',
    'mouse: enabled=0',
    'panic: action=fatal',
    'error: action=report',
    'info: action=ignore',
    'debug: action=ignore',
    `log: "${places.logPath}"`,
    '',
  ].join('\n');
}

/** How often one run can be asked for its screen. */
const SCREENS = 1000;

/**
 * What a Bochs with its debugger built in (Debian's is) reads from standard input: start; then, at each SIGINT, save the text screen
 * and go on. Bochs without a debugger reads none of it. It has to be a file: on a socket, such as Node gives children, the
 * debugger does not stop at SIGINT.
 */
export function debuggerCommands(screenPath: string): string {
  return `c\n${`writemem "${screenPath}" 0x${TEXT_MEMORY.toString(16)} ${TEXT_BYTES}\nc\n`.repeat(SCREENS)}`;
}
