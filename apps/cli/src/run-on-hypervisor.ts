/** `drift run --on qemu|bochs`: options to a guest on a hypervisor. */
import {
  checkQemuOptions,
  findProgram,
  type Machine,
  type MemorySize,
  probeKvm,
  type QemuOptions,
  qemuProgram,
  runOnBochs,
  runOnQemu,
} from '@drift-os/hypervisor';
import { type Arguments, readChoice, readNumber } from './command-line.ts';
import { UsageError } from './exit-codes.ts';
import { note } from './output.ts';

/** Starts a machine with this image. */
export type Start = (image: string | Uint8Array) => Promise<Machine>;

/** Checks all options, so that mistakes in them are told before an image is built; the result starts the machine. */
export async function prepareHypervisor(
  given: Arguments,
  hypervisor: 'qemu' | 'bochs',
  onTerminal: boolean,
): Promise<Start> {
  const cpu = given.value('cpu');
  const shared = {
    memory: (given.value('memory') ?? '512M') as MemorySize,
    onReset: given.flag('no-restart') ? 'end' : 'restart',
    ...(cpu === undefined ? {} : { cpu }),
  } as const;
  if (hypervisor === 'bochs') {
    for (const option of ['cores', 'machine', 'accel', 'gdb']) {
      if (given.flag(option))
        throw new UsageError(`--${option} is for QEMU; Bochs runs one core of one kind of PC.`, 'run');
    }
    return (image) => runOnBochs({ ...shared, image });
  }
  const machine = readChoice('run', 'machine', given.value('machine'), ['pc', 'q35']);
  const gdbPort = readNumber('run', 'gdb', given.value('gdb'));
  const options: Omit<QemuOptions, 'image'> = {
    ...shared,
    cores: readNumber('run', 'cores', given.value('cores')) ?? 4,
    serial: onTerminal ? 'terminal' : 'pipe',
    ...(machine === undefined ? {} : { machine }),
    ...(gdbPort === undefined ? {} : { gdbPort, waitForGdb: true }),
  };
  const wanted = readChoice('run', 'accel', given.value('accel'), ['auto', 'kvm', 'tcg']) ?? 'auto';
  checkQemuOptions(options);
  await findProgram(qemuProgram);
  const accelerator = await chooseAccelerator(wanted);
  return async (image) => {
    if (gdbPort !== undefined) note(`the guest waits for gdb: target remote :${gdbPort}, then continue.`);
    if (onTerminal) process.stderr.write('Ctrl-A x ends QEMU, Ctrl-A c is its monitor.\n');
    return runOnQemu({ ...options, accelerator, image });
  };
}

/** KVM where it is fit for it; where it is not, a note says why the machine is slower than it could be. */
async function chooseAccelerator(wanted: 'auto' | 'kvm' | 'tcg'): Promise<'kvm' | 'tcg'> {
  if (wanted !== 'auto') return wanted;
  const { usable, reason } = await probeKvm();
  if (usable) return 'kvm';
  note(`KVM is not usable here: ${reason}. QEMU translates instead (TCG), which is slower.`);
  return 'tcg';
}
