/** What is left out, and why: told at once and again at the end. */
export class Skips {
  readonly #told = new Map<string, string>();

  add(what: string, why: string): void {
    if (this.#told.has(what)) return;
    this.#told.set(what, why);
    process.stderr.write(`Skipped: ${what}: ${why}.\n`);
  }

  get all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#told);
  }
}
