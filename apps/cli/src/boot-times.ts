/** Where the time to the prompt goes, from the start of this process on. */
import type { Machine } from '@drift-os/machine';

/** Where a BIOS starts what it has booted. */
const BOOT_SECTOR = 0x7c00;
const PROMPT = 'drift> ';

export class BootTimes {
  readonly #stages: { readonly name: string; readonly end: number }[] = [];

  constructor() {
    this.#mark('load the program');
  }

  #mark(name: string): void {
    this.#stages.push({ name, end: performance.now() });
  }

  imageIsThere(): void {
    this.#mark('build or find the image');
  }

  /** The machine is there, and paused. */
  attach(machine: Machine): void {
    this.#mark('compose the machine');
    machine.setBreakpoint(BOOT_SECTOR);
    const remove = machine.onStop(() => {
      this.#mark('BIOS, up to the boot sector');
      remove();
      machine.clearBreakpoint(BOOT_SECTOR);
      machine.run();
    });
    void this.#follow(machine);
  }

  async #follow(machine: Machine): Promise<void> {
    let output = '';
    for await (const chunk of machine.serial[0]) {
      if (output === '') this.#mark('loader and kernel, up to the first output');
      output += chunk;
      if (!output.includes(PROMPT)) continue;
      this.#mark('kernel, up to the prompt');
      process.stderr.write(`\n${this.#table(machine)}`);
      return;
    }
  }

  #table({ memory, cores }: Machine): string {
    let before = 0;
    const rows = this.#stages.map(({ name, end }) => {
      const row = line(end - before, name);
      before = end;
      return row;
    });
    const instructions = cores.reduce((sum, core) => sum + core.instructions, 0);
    rows.push(line(before, `in all: ${instructions} instructions by ${memory.handlers.made} handlers made on the way`));
    return rows.join('');
  }
}

function line(milliseconds: number, name: string): string {
  return `${milliseconds.toFixed(0).padStart(6)} ms  ${name}\n`;
}
