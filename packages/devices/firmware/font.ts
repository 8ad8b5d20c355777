export function font(): Uint8Array {
  return new Uint8Array(4096);
}
