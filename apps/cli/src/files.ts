/** Input and output files of the commands that turn one file into another. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { UsageError } from './exit-codes.ts';

/** @throws UsageError when there is no such file. */
export async function readInput(command: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UsageError(`There is no file ${path}.`, command);
    throw error;
  }
}

/** Writes all of it, or leaves no file. */
export async function writeOutput(path: string, contents: Uint8Array): Promise<void> {
  try {
    await writeFile(path, contents);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
