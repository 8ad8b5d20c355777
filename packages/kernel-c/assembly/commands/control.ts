/**
 * Control structures. Each is a command whose words are blocks; it pushes a frame for the block or condition that is next and
 * is called again when that has ended, so a loop costs no stack and can be interrupted between any two steps.
 */
import {
  argument,
  argumentBytes,
  argumentCount,
  argumentIs,
  argumentLength,
  failArgument,
  numberArgument,
} from '../shell/arguments';
import {
  AGAIN,
  BREAK,
  CONTINUE,
  DONE,
  define,
  FLAG_LOOP,
  FLAG_TRY,
  heading,
  PHASE_FAILED,
  RETURN,
} from '../shell/command-table';
import { failWith, suggestUsage } from '../shell/error';
import { FRAME_EXPRESSION, FRAME_SCRIPT, pushText, topFrame } from '../shell/frame';
import { release, retain } from '../shell/heap';
import { elementValue, nextElement } from '../shell/list';
import { isTrue } from '../shell/operands';
import { formatInteger, formattedLength } from '../shell/number';
import { session } from '../shell/session';
import { appended, appendedByte, emptyValue, lengthOf, valueOf } from '../shell/value';
import { setVariable } from '../shell/variables';

/** Runs argument `index` as a block. */
function pushBlock(index: u32): void {
  const block = argument(index);
  pushText(FRAME_SCRIPT, retain(block), 0, lengthOf(block));
}

/** Evaluates argument `index` as an expression. */
function pushCondition(index: u32): void {
  const condition = argument(index);
  pushText(FRAME_EXPRESSION, retain(condition), 0, lengthOf(condition));
}

/** What the condition, argument `index`, has given. */
function takeTruth(index: u32): bool {
  const value = session.result;
  session.result = 0;
  const truth = isTrue(value, 0);
  if (session.failed) {
    session.errorAt = -1;
    session.errorWord = index;
  }
  release(value);
  return truth;
}

/** if CONDITION BLOCK [else if CONDITION BLOCK]... [else BLOCK]. `counter` is the argument of the condition under way. */
function ifCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    frame.phase = 1;
    frame.counter = 1;
    pushCondition(1);
    return AGAIN;
  }
  if (frame.phase == 2) return DONE;
  let at = <u32>frame.counter;
  if (takeTruth(at)) {
    frame.phase = 2;
    pushBlock(at + 1);
    return AGAIN;
  }
  at += 2;
  if (session.failed || at > argumentCount()) return DONE;
  if (!argumentIs(at, 'else')) {
    failArgument(at, 'stands where else belongs');
    return DONE;
  }
  const again = argumentIs(at + 1, 'if');
  if (at + (again ? 3 : 1) > argumentCount()) {
    failArgument(argumentCount(), 'must be followed by a block');
    return DONE;
  }
  if (again) {
    frame.counter = at + 2;
    pushCondition(at + 2);
  } else {
    frame.phase = 2;
    pushBlock(at + 1);
  }
  return AGAIN;
}

function whileCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    frame.phase = 1;
    pushCondition(1);
    return AGAIN;
  }
  if (!takeTruth(1)) return DONE;
  frame.phase = 0;
  pushBlock(2);
  return AGAIN;
}

/** for VARIABLE FROM TO BLOCK */
function forCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    frame.phase = 1;
    frame.counter = numberArgument(2, i64.MIN_VALUE, i64.MAX_VALUE);
    frame.limit = numberArgument(3, i64.MIN_VALUE, i64.MAX_VALUE);
  } else if (frame.counter == frame.limit) {
    return DONE;
  } else {
    frame.counter++;
  }
  if (session.failed || frame.counter > frame.limit) return DONE;
  setVariable(argumentBytes(1), argumentLength(1), valueOf(formatInteger(frame.counter), formattedLength));
  if (!session.failed) pushBlock(4);
  return AGAIN;
}

/** foreach VARIABLE LIST BLOCK. `counter` is the offset in the list. */
function foreachCommand(): u32 {
  const frame = topFrame();
  const list = argument(2);
  const next = nextElement(list, <u32>frame.counter);
  if (next == 0) return DONE;
  frame.counter = next;
  setVariable(argumentBytes(1), argumentLength(1), elementValue(list));
  if (!session.failed) pushBlock(3);
  return AGAIN;
}

function repeatCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    frame.phase = 1;
    frame.limit = numberArgument(1, 0, i64.MAX_VALUE);
  }
  if (session.failed || frame.counter == frame.limit) return DONE;
  frame.counter++;
  pushBlock(2);
  return AGAIN;
}

function breakCommand(): u32 {
  return BREAK;
}

function continueCommand(): u32 {
  return CONTINUE;
}

function returnCommand(): u32 {
  if (argumentCount() > 0) session.result = retain(argument(1));
  return RETURN;
}

/** try BLOCK [catch BLOCK] */
function tryCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 0) {
    if (argumentCount() == 2 || (argumentCount() == 3 && !argumentIs(2, 'catch'))) {
      failArgument(2, 'stands where catch and a block belong');
      suggestUsage();
      return DONE;
    }
    frame.phase = 1;
    pushBlock(1);
    return AGAIN;
  }
  if (frame.phase != PHASE_FAILED) return DONE;
  frame.phase++;
  setVariable(errorName, 5, valueOf(session.error, session.errorLength));
  if (session.failed || argumentCount() < 3) return DONE;
  pushBlock(3);
  return AGAIN;
}

/** "error" */
const errorName: usize = memory.data<u8>([0x65, 0x72, 0x72, 0x6f, 0x72]);

function errorCommand(): u32 {
  failWith(argumentBytes(1), argumentLength(1), true);
  return DONE;
}

/** Runs its arguments, put together with blanks, as a script. */
function evalCommand(): u32 {
  const frame = topFrame();
  if (frame.phase == 1) return DONE;
  frame.phase = 1;
  const script = joined(1);
  if (script != 0) pushText(FRAME_SCRIPT, script, 0, lengthOf(script));
  return AGAIN;
}

/** The arguments from `first` on with blanks between them, as a new value. */
export function joined(first: u32): usize {
  if (argumentCount() == first) return retain(argument(first));
  let text = emptyValue(64);
  for (let i = first; i <= argumentCount() && text != 0; i++) {
    if (i > first) text = appendedByte(text, 0x20);
    if (text != 0) text = appended(text, argumentBytes(i), argumentLength(i));
  }
  return text;
}

export function defineControl(): void {
  heading('Control');
  define(
    'if',
    'CONDITION BLOCK [else BLOCK ...]',
    'Runs a block if a condition is true. Otherwise the one after else; more conditions follow with else if.',
    'if {$x > 9} {echo large} else if {$x > 3} {echo medium} else {echo small}',
    ifCommand,
  );
  define(
    'while',
    'CONDITION BLOCK',
    'Runs the block as long as the condition is true.',
    'while {$n > 0} {echo $n; set n [expr $n - 1]}',
    whileCommand,
    FLAG_LOOP,
  );
  define(
    'for',
    'NAME FROM TO BLOCK',
    'Runs the block with the variable at each number from FROM to TO.',
    'for i 1 10 {echo $i}',
    forCommand,
    FLAG_LOOP,
  );
  define(
    'foreach',
    'NAME LIST BLOCK',
    'Runs the block with the variable at each element of the list.',
    'foreach x {red green blue} {echo $x}',
    foreachCommand,
    FLAG_LOOP,
  );
  define('repeat', 'COUNT BLOCK', 'Runs the block COUNT times.', 'repeat 3 {echo again}', repeatCommand, FLAG_LOOP);
  define('break', '', 'Leaves the innermost loop.', 'while true {break}', breakCommand);
  define(
    'continue',
    '',
    'Goes on with the next turn of the innermost loop.',
    'for i 1 4 {if {$i == 2} {continue}; echo $i}',
    continueCommand,
  );
  define(
    'return',
    '[VALUE]',
    'Leaves the procedure; the value is what it prints.',
    'proc double {n} {return [expr $n * 2]}',
    returnCommand,
  );
  define(
    'try',
    'BLOCK [catch BLOCK]',
    'Runs a block that may fail. An error ends it, sets the variable error to the message, and the block after catch runs.',
    'try {peek 0} catch {echo "no: $error"}',
    tryCommand,
    FLAG_TRY,
  );
  define('error', 'MESSAGE', 'Raises an error.', 'error "no such thing"', errorCommand);
  define(
    'eval',
    'WORD ...',
    'Runs its words, put together with blanks, as a script.',
    "eval 'echo' 'a b'",
    evalCommand,
  );
}
