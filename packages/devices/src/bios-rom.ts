/** Drift's own BIOS (`firmware/`), assembled when the package was built. */
import { biosBase64 } from './generated/bios.ts';

/**
 * The ROM, 64 KiB: to be mapped at FFFF0000h, and at F0000h where the host bridge does not show RAM. It needs fw_cfg with DMA and the
 * file `etc/e820`, and an i440FX host bridge with its PIIX3.
 */
export function biosRom(): Uint8Array {
  const text = atob(biosBase64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
