/** Devices of the user's own: functions, or modules that export one. */
import type { AttachDevice, AttachDeviceWith, DeviceModule } from './options.ts';
import { MachineError } from './machine-error.ts';

export function isModule(device: AttachDevice | DeviceModule): device is DeviceModule {
  return typeof device !== 'function';
}

/** @throws MachineError BAD_OPTION for a module that does not export it */
export async function loadDevice({ module, name = 'default', data }: DeviceModule): Promise<AttachDevice> {
  const exports = (await import(/* @vite-ignore */ String(module))) as Readonly<Record<string, unknown>>;
  const attach = exports[name];
  if (typeof attach !== 'function') {
    throw new MachineError('BAD_OPTION', `devices: ${String(module)} exports no function "${name}".`);
  }
  return (machine) => (attach as AttachDeviceWith)(machine, data);
}
