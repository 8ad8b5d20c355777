/** Bytes that a module of JavaScript holds as text. */

/** What hosts have that do it at once: Node, and newer engines. */
interface Decoders {
  readonly Buffer?: { from(text: string, encoding: 'base64'): Uint8Array<ArrayBuffer> };
  readonly Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
}

export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const host = globalThis as unknown as Decoders;
  if (host.Uint8Array.fromBase64 !== undefined) return host.Uint8Array.fromBase64(text);
  if (host.Buffer !== undefined) return host.Buffer.from(text, 'base64');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
