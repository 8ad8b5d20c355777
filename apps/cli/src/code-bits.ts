/** The option `--bits`: in which mode code is read or written. */
import { readChoice } from './command-line.ts';

/** Default 64. @throws UsageError */
export function readBits(command: string, text: string | undefined): 16 | 32 | 64 {
  return Number(readChoice(command, 'bits', text, ['16', '32', '64']) ?? '64') as 16 | 32 | 64;
}
