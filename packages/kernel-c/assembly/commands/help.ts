/** help: everything it knows comes from the command table. */
import { newline, print } from '../print';
import { argumentBytes, argumentCount, argumentLength, failArgument } from '../shell/arguments';
import {
  commandAt,
  commandCount,
  commandExample,
  commandFlags,
  commandName,
  commandSummary,
  commandUsage,
  DONE,
  define,
  FLAG_HEADING,
  findCommand,
  heading,
} from '../shell/command-table';
import { clearTerminal } from '../shell/display';
import { columnTo, emit } from '../shell/output';
import { session } from '../shell/session';

function helpCommand(): u32 {
  if (argumentCount() == 0) {
    listAll();
    return DONE;
  }
  const record = findCommand(argumentBytes(1), argumentLength(1));
  if (record != 0) explain(record);
  else failArgument(1, 'is not a command; help lists them all');
  return DONE;
}

function listAll(): void {
  for (let i: u32 = 0; i < commandCount(); i++) {
    const record = commandAt(i);
    if (commandFlags(record) & FLAG_HEADING) {
      if (i > 0) newline();
      print(commandName(record));
      newline();
      continue;
    }
    print('  ');
    print(commandName(record));
    columnTo(14);
    printFirstSentence(commandSummary(record));
    newline();
  }
  print('\nhelp NAME tells more. $x is a variable, [command] what a command prints, {...} a block, # a comment.\n');
  print('Tab completes, arrows edit and recall, Ctrl-R searches, Ctrl-C interrupts.\n');
}

/** Up to the first period that a blank or the end follows. */
function printFirstSentence(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const last = i + 1 == text.length || text.charCodeAt(i + 1) == 0x20;
    if (text.charCodeAt(i) == 0x2e && last) return;
    emit(<u8>text.charCodeAt(i));
  }
}

function explain(record: usize): void {
  print('usage:   ');
  print(commandName(record));
  print(' ');
  print(commandUsage(record));
  newline();
  print('         ');
  printWrapped(commandSummary(record), 9);
  newline();
  print('example: ');
  print(commandExample(record));
  newline();
}

/** Breaks lines at blanks; every line begins in column `margin`. */
function printWrapped(text: string, margin: u32): void {
  for (let at = 0; at < text.length; ) {
    let end = at;
    while (end < text.length && text.charCodeAt(end) != 0x20) end++;
    if (session.column > margin && session.column + 1 + (end - at) > session.width - 1) {
      newline();
      columnTo(margin);
    } else if (session.column > margin) emit(0x20);
    for (; at < end; at++) emit(<u8>text.charCodeAt(at));
    at++;
  }
}

function clearCommand(): u32 {
  if (session.capture == 0) clearTerminal();
  return DONE;
}

export function defineHelp(): void {
  heading('Shell');
  define('help', '[COMMAND]', 'Lists the commands, or explains one.', 'help peek', helpCommand);
  define('clear', '', 'Clears the terminal.', 'clear', clearCommand);
}
