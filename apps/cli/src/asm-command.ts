/** `drift asm`: assembler text to plain bytes or an ELF object. */
import { extname } from 'node:path';
import { assembleSource, flatBinary, writeElfObject } from '@drift-os/toolchain';
import { readArguments } from './command-line.ts';
import { EXIT_OK, UsageError } from './exit-codes.ts';
import { readInput, writeOutput } from './files.ts';
import { formatBytes, print } from './output.ts';
import { readBits } from './code-bits.ts';

const OPTIONS = { output: { type: 'string', short: 'o' }, bits: { type: 'string' } } as const;

export async function asmCommand(args: readonly string[]): Promise<number> {
  const given = readArguments('asm', args, OPTIONS);
  const [path] = given.positionals;
  if (path === undefined || given.positionals.length > 1) throw new UsageError('asm takes one file.', 'asm');
  const output = given.value('output') ?? `${path.slice(0, path.length - extname(path).length)}.o`;
  const mode = readBits('asm', given.value('bits'));
  const text = new TextDecoder().decode(await readInput('asm', path));
  const object = assembleSource(text, { file: path, mode });
  const bytes = extname(output) === '.o' ? writeElfObject(object) : flatBinary(object);
  await writeOutput(output, bytes);
  await print(`Wrote ${output}, ${formatBytes(bytes.length)}.\n`);
  return EXIT_OK;
}
