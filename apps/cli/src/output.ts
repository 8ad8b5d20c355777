/** Where a command's results go: text for people, one JSON object for programs, notes and errors on stderr. */

/** Writes to stdout and waits until the text is out: process.exit may follow. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}

/** The machine-readable result of a command: one line. */
export function printJson(result: unknown): Promise<void> {
  return print(`${JSON.stringify(result)}\n`);
}

/** Something worth knowing that is no error. */
export function note(text: string): void {
  process.stderr.write(`Note: ${text}\n`);
}

/** A number of bytes for people. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [scale, unit] = bytes < 1024 * 1024 ? [1024, 'KiB'] : [1024 * 1024, 'MiB'];
  return `${(bytes / scale).toFixed(1)} ${unit}`;
}
