/** Starts a command whose words have been read: a built-in one, or a procedure. */
import { commandUsage, findCommand } from './command-table';
import { fail, failText, suggestUsage } from './error';
import { Frame, pushCommand } from './frame';
import { callProcedure, findProcedure } from './procedures';
import { session } from './session';
import { countArguments, usageLeast, usageMost } from './usage';
import { bytesOf, lengthOf } from './value';
import { wordAt } from './words';

/** Starts the command of which `script` has read the words. Fails if there is none of that name, or the arguments are too few or many. */
export function execute(script: Frame): void {
  const name = wordAt(script.words).value;
  const record = findCommand(bytesOf(name), lengthOf(name));
  if (record != 0) {
    countArguments(commandUsage(record));
    const given = session.wordCount - script.words - 1;
    if (pushCommand(record, script.words) == null) return;
    if (given < usageLeast) tooFew();
    else if (given > usageMost) tooMany(script.words);
    return;
  }
  const procedure = findProcedure(bytesOf(name), lengthOf(name));
  if (procedure != 0) callProcedure(procedure, script.words);
  else failText(0, bytesOf(name), lengthOf(name), 'is not a command; help lists them all');
}

function tooFew(): void {
  fail('more arguments are needed');
  suggestUsage();
}

function tooMany(words: u32): void {
  const extra = wordAt(words + usageMost + 1).value;
  failText(usageMost + 1, bytesOf(extra), lengthOf(extra), 'is one argument too many');
  suggestUsage();
}
