/** `drift disasm`: machine code as text. */
import { basename } from 'node:path';
import { disassemble, disassembleObject, readElfObject } from '@drift-os/toolchain';
import { readBits } from './code-bits.ts';
import { readArguments } from './command-line.ts';
import { EXIT_OK, UsageError } from './exit-codes.ts';
import { readInput } from './files.ts';
import { print } from './output.ts';

const OPTIONS = {
  bits: { type: 'string' },
  base: { type: 'string' },
  offset: { type: 'string' },
  length: { type: 'string' },
} as const;

const LINES_AT_ONCE = 4096;

export async function disasmCommand(args: readonly string[]): Promise<number> {
  const given = readArguments('disasm', args, OPTIONS);
  const [path] = given.positionals;
  if (path === undefined || given.positionals.length > 1) throw new UsageError('disasm takes one file.', 'disasm');
  const mode = readBits('disasm', given.value('bits'));
  const [address, offset, length] = ['base', 'offset', 'length'].map((name) => readWhole(name, given.value(name)));
  const raw = address !== undefined || offset !== undefined || length !== undefined;
  const bytes = await readInput('disasm', path);
  const isElf = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === '\x7fELF';
  if (isElf && !raw) {
    await printAll(disassembleObject(readElfObject(basename(path), bytes), { mode }));
    return EXIT_OK;
  }
  const start = Number(offset ?? 0n);
  const end = length === undefined ? bytes.length : start + Number(length);
  await printAll(disassemble(bytes.subarray(start, end), { mode, address: address ?? 0n }));
  return EXIT_OK;
}

function readWhole(option: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^(0x[0-9a-f]+|[0-9]+)$/i.test(text)) return BigInt(text);
  throw new UsageError(`--${option} is '${text}'; it must be a number such as 512 or 0x200.`, 'disasm');
}

async function printAll(lines: Iterable<string>): Promise<void> {
  let batch: string[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < LINES_AT_ONCE) continue;
    await print(`${batch.join('\n')}\n`);
    batch = [];
  }
  if (batch.length > 0) await print(`${batch.join('\n')}\n`);
}
