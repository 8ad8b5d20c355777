/** QEMU's command line for a machine; a pure function, so that tests read it without QEMU. */
import { type Accelerator, checkChoice, checkInteger, memoryMebibytes, type QemuOptions } from './options.ts';

export interface QemuPlaces {
  readonly imagePath: string;
  /** Unix socket on which this process awaits QEMU's monitor. */
  readonly monitorPath: string;
  readonly accelerator: Accelerator;
}

/** @throws HypervisorError OPTION_INVALID for a value that QEMU could not be started with. */
export function qemuArguments(options: Omit<QemuOptions, 'image'>, places: QemuPlaces): string[] {
  const cores = checkInteger('cores', options.cores ?? 2, 1, 255);
  const machine = checkChoice('machine', options.machine ?? 'pc', ['pc', 'q35']);
  const onReset = checkChoice('onReset', options.onReset ?? 'end', ['end', 'restart']);
  const serial = checkChoice('serial', options.serial ?? 'pipe', ['pipe', 'terminal']);
  const memory = memoryMebibytes(options.memory ?? '512M');
  const args = ['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'];
  args.push('-machine', machine, '-smp', String(cores), '-m', `${memory}M`);
  args.push('-accel', places.accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi', '-cpu', options.cpu ?? 'max');
  args.push('-drive', `file=${escapeComma(places.imagePath)},format=raw,if=ide,snapshot=on`);
  args.push('-chardev', `stdio,id=serial0,signal=off${serial === 'terminal' ? ',mux=on' : ''}`);
  args.push('-serial', 'chardev:serial0');
  if (serial === 'terminal') args.push('-mon', 'chardev=serial0,mode=readline');
  args.push('-chardev', `socket,id=monitor0,path=${escapeComma(places.monitorPath)},server=off`);
  args.push('-mon', 'chardev=monitor0,mode=control');
  if (onReset === 'end') args.push('-no-reboot');
  if (options.gdbPort !== undefined) {
    args.push('-gdb', `tcp:127.0.0.1:${checkInteger('gdbPort', options.gdbPort, 1, 65535)}`);
    if (options.waitForGdb === true) args.push('-S');
  }
  args.push(...(options.extraArguments ?? []));
  return args;
}

/** @throws HypervisorError OPTION_INVALID where `runOnQemu` would, without starting or looking for anything. */
export function checkQemuOptions(options: Omit<QemuOptions, 'image'>): void {
  checkChoice('accelerator', options.accelerator ?? 'auto', ['auto', 'kvm', 'tcg']);
  qemuArguments(options, { imagePath: '', monitorPath: '', accelerator: 'tcg' });
}

/** A comma in a value of a QEMU option list is written twice. */
function escapeComma(path: string): string {
  return path.replaceAll(',', ',,');
}
