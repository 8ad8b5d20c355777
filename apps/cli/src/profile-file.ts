/** `drift run --profile`: where the guest spends its instructions, as a file for speedscope. */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type GuestFunction, type Machine, type ProfileOptions, readSymbols } from '@drift-os/machine';
import { type Arguments, readChoice, readNumber } from './command-line.ts';
import { UsageError } from './exit-codes.ts';
import { note } from './output.ts';

export class ProfileFile {
  readonly #path: string;
  readonly #file: number;
  readonly #symbols: string | undefined;
  readonly #options: ProfileOptions;

  /** @throws UsageError */
  static from(given: Arguments): ProfileFile | undefined {
    const path = given.value('profile');
    if (path !== undefined) return new ProfileFile(path, given);
    for (const option of ['symbols', 'profile-interval', 'profile-by']) {
      if (given.flag(option)) throw new UsageError(`--${option} goes with --profile.`, 'run');
    }
    return undefined;
  }

  /** Opens the file at once: a run that takes long shall not end without one. */
  private constructor(path: string, given: Arguments) {
    const interval = readNumber('run', 'profile-interval', given.value('profile-interval'));
    const by = readChoice('run', 'profile-by', given.value('profile-by'), ['instructions', 'time']);
    this.#path = path;
    this.#symbols = given.value('symbols');
    this.#options = {
      ...(interval === undefined ? {} : { interval }),
      ...(by === 'time' ? { weigh: 'host-time' } : {}),
    };
    try {
      this.#file = openSync(path, 'w');
    } catch (error) {
      throw new UsageError(`--profile: ${error instanceof Error ? error.message : String(error)}`, 'run');
    }
  }

  /** @returns what ends the profile and writes it */
  async attach(machine: Machine, disk: string | Uint8Array | undefined): Promise<() => void> {
    const profile = machine.profile({ ...this.#options, functions: await this.#functions(disk) });
    const name = typeof disk === 'string' ? basename(disk) : 'drift run';
    return () => {
      profile.stop();
      writeFileSync(this.#file, `${JSON.stringify(profile.toSpeedscope(name))}\n`);
      closeSync(this.#file);
      note(`wrote ${this.#path}; https://www.speedscope.app shows it.`);
    };
  }

  /** Of the file that was given, or of an image of Drift's. */
  async #functions(disk: string | Uint8Array | undefined): Promise<readonly GuestFunction[]> {
    if (this.#symbols !== undefined) {
      const bytes = await readFile(this.#symbols).catch((error: unknown) => {
        throw new UsageError(`--symbols: ${error instanceof Error ? error.message : String(error)}`, 'run');
      });
      return readSymbols(bytes);
    }
    if (disk === undefined) return [];
    // With it comes the compiler, which a run without a profile does not wait for.
    const { imageFunctions } = await import('@drift-os/boot');
    return imageFunctions(typeof disk === 'string' ? await readFile(disk) : disk) ?? [];
  }
}
