/** Variables, procedures, output and expressions. */
import { newline, print } from '../print';
import { argument, argumentBytes, argumentCount, argumentIs, argumentLength, failArgument } from '../shell/arguments';
import { AGAIN, DONE, define, findCommand, heading } from '../shell/command-table';
import { FRAME_EXPRESSION, pushText, topFrame } from '../shell/frame';
import { release, retain } from '../shell/heap';
import { emitBytes, emitValue } from '../shell/output';
import {
  checkParameters,
  defineProcedure,
  findProcedure,
  nextProcedure,
  procedureBody,
  procedureName,
  procedureParameters,
  removeProcedure,
} from '../shell/procedures';
import { isName } from '../shell/scan';
import { session } from '../shell/session';
import { appendedByte, bytesOf, lengthOf } from '../shell/value';
import {
  declareGlobal,
  findVariable,
  firstLocal,
  nextVariable,
  setVariable,
  unsetVariable,
  variableName,
  variableValue,
} from '../shell/variables';
import { joined } from './control';

function printValue(value: usize): void {
  emitBytes(bytesOf(value), lengthOf(value));
}

/** Whether argument `index` can be a variable's name; fails where not. */
export function checkName(index: u32): bool {
  const length = argumentLength(index);
  let valid: bool = length > 0;
  for (let i: u32 = 0; i < length; i++) valid = valid && isName(load<u8>(argumentBytes(index) + i));
  if (!valid) failArgument(index, 'cannot be a name: letters, digits and _ can');
  return valid;
}

/** set: all variables; set NAME: its value; set NAME VALUE. */
function setCommand(): u32 {
  if (argumentCount() == 0) {
    printVariables(firstLocal());
    printVariables(session.globals);
  } else if (checkName(1)) {
    if (argumentCount() == 2) {
      setVariable(argumentBytes(1), argumentLength(1), retain(argument(2)));
    } else {
      const value = findVariable(argumentBytes(1), argumentLength(1));
      if (value == 0) {
        failArgument(1, 'is not a variable');
      } else emitValue(appendedByte(retain(value), 0x0a));
    }
  }
  return DONE;
}

function printVariables(first: usize): void {
  for (let node = first; node != 0; node = nextVariable(node)) {
    if (variableValue(node) == 0) continue;
    printValue(variableName(node));
    print(' = ');
    printValue(variableValue(node));
    newline();
  }
}

function unsetCommand(): u32 {
  for (let i: u32 = 1; i <= argumentCount(); i++) {
    if (!unsetVariable(argumentBytes(i), argumentLength(i))) {
      failArgument(i, 'is not a variable');
      break;
    }
  }
  return DONE;
}

function globalCommand(): u32 {
  for (let i: u32 = 1; i <= argumentCount() && checkName(i); i++) declareGlobal(argumentBytes(i), argumentLength(i));
  return DONE;
}

/** proc: all names; proc NAME: its text; proc NAME PARAMETERS BODY; proc -remove NAME. */
function procCommand(): u32 {
  const count = argumentCount();
  if (count == 0) {
    for (let node = session.procedures; node != 0; node = nextProcedure(node)) printProcedureHead(node);
  } else if (count == 1) {
    const node = findProcedure(argumentBytes(1), argumentLength(1));
    if (node == 0) failArgument(1, 'is not a procedure');
    else printProcedure(node);
  } else if (count == 2) {
    if (!argumentIs(1, '-remove')) failArgument(2, 'must be followed by the body');
    else if (!removeProcedure(argumentBytes(2), argumentLength(2))) failArgument(2, 'is not a procedure');
  } else if (findCommand(argumentBytes(1), argumentLength(1)) != 0) {
    failArgument(1, 'is a command: take another name');
  } else if (checkParameters(argument(2))) {
    defineProcedure(argument(1), argument(2), argument(3));
  }
  return DONE;
}

function printProcedureHead(node: usize): void {
  print('proc ');
  printValue(procedureName(node));
  print(' {');
  printValue(procedureParameters(node));
  print('}\n');
}

function printProcedure(node: usize): void {
  print('proc ');
  printValue(procedureName(node));
  print(' {');
  printValue(procedureParameters(node));
  print('} {');
  printValue(procedureBody(node));
  print('}\n');
}

function echoCommand(): u32 {
  const bare = argumentIs(1, '-n');
  const text = joined(bare ? 2 : 1);
  if (text != 0) emitValue(bare ? text : appendedByte(text, 0x0a));
  return DONE;
}

function exprCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    frame.phase = 1;
    const text = joined(1);
    if (text != 0) pushText(FRAME_EXPRESSION, text, 0, lengthOf(text));
    return AGAIN;
  }
  const value = session.result;
  session.result = 0;
  printValue(value);
  newline();
  release(value);
  return DONE;
}

export function defineVariables(): void {
  heading('Variables and procedures');
  define(
    'set',
    '[VARIABLE] [VALUE]',
    'Sets a variable. With a name alone prints its value, with nothing all variables.',
    'set base 0xb8000',
    setCommand,
  );
  define('unset', 'VARIABLE [VARIABLE ...]', 'Removes variables.', 'unset base', unsetCommand);
  define(
    'global',
    'NAME [NAME ...]',
    'Makes names mean the global variables, inside a procedure.',
    'proc count {} {global n; set n [expr $n + 1]}',
    globalCommand,
  );
  define(
    'proc',
    '[NAME] [PARAMETERS] [BODY]',
    'Defines a procedure. A parameter {name value} may be left out in a call, a last one named args takes all that is left. With a name alone prints its text; proc -remove NAME removes it.',
    'proc greet {who {mark !}} {echo "hello $who$mark"}',
    procCommand,
  );
  define(
    'echo',
    '[-n] [WORD ...]',
    'Prints its words. With -n no newline follows.',
    'echo "2 + 3 is [expr 2 + 3]"',
    echoCommand,
  );
  define(
    'expr',
    'EXPRESSION ...',
    'Computes with 64-bit integers, decimal or 0x. There are + - * / % << >> & | ^ ~ ! && || == != < <= > >= and parentheses; values that are no numbers can be compared. Best written in braces, which lets it read the variables itself.',
    'expr (0x10 + 4) * 2',
    exprCommand,
  );
}
