/**
 * Procedures: what `proc` defines.
 *
 * ```
 * node: 0 u32 next    4 u32 name (value)    8 u32 parameters (value, a list)    12 u32 body (value)
 * ```
 */
import { fail, failText } from './error';
import { pushCommand } from './frame';
import { allocate, BLOCK_HEADER, release, retain } from './heap';
import { appendedElement, elementValue, listElement, listLength, nextElement } from './list';
import { session } from './session';
import { bytesOf, emptyValue, equalBytes, equalText, lengthOf } from './value';
import { beginScope, endScope, setVariable } from './variables';
import { wordAt } from './words';

const NEXT_AT: u32 = BLOCK_HEADER;
const NAME_AT: u32 = BLOCK_HEADER + 4;
const PARAMETERS_AT: u32 = BLOCK_HEADER + 8;
const BODY_AT: u32 = BLOCK_HEADER + 12;

export function nextProcedure(node: usize): usize {
  return load<usize>(node + NEXT_AT);
}

export function procedureName(node: usize): usize {
  return load<usize>(node + NAME_AT);
}

export function procedureParameters(node: usize): usize {
  return load<usize>(node + PARAMETERS_AT);
}

export function procedureBody(node: usize): usize {
  return load<usize>(node + BODY_AT);
}

/** The procedure of that name, or 0. */
export function findProcedure(name: usize, length: u32): usize {
  for (let node = session.procedures; node != 0; node = nextProcedure(node)) {
    const its = procedureName(node);
    if (equalBytes(bytesOf(its), lengthOf(its), name, length)) return node;
  }
  return 0;
}

/** Defines or redefines a procedure. Takes references of its own; calls under way keep the old body. */
export function defineProcedure(name: usize, parameters: usize, body: usize): void {
  let node = findProcedure(bytesOf(name), lengthOf(name));
  if (node == 0) {
    node = allocate(16);
    if (node == 0) return;
    store<usize>(node + NEXT_AT, session.procedures);
    session.procedures = node;
  } else {
    release(procedureName(node));
    release(procedureParameters(node));
    release(procedureBody(node));
  }
  store<usize>(node + NAME_AT, retain(name));
  store<usize>(node + PARAMETERS_AT, retain(parameters));
  store<usize>(node + BODY_AT, retain(body));
}

/** Removes a procedure; a call under way goes on. @returns false if there is none of that name. */
export function removeProcedure(name: usize, length: u32): bool {
  const node = findProcedure(name, length);
  if (node == 0) return false;
  let before: usize = 0;
  for (let at = session.procedures; at != node; at = nextProcedure(at)) before = at;
  if (before != 0) store<usize>(before + NEXT_AT, nextProcedure(node));
  else session.procedures = nextProcedure(node);
  release(procedureName(node));
  release(procedureParameters(node));
  release(procedureBody(node));
  release(node);
  return true;
}

/** Begins a call: the words from `words` on are the name and the arguments. */
export function callProcedure(node: usize, words: u32): void {
  const before = beginScope();
  if (before == -1) return;
  const frame = pushCommand(0, words);
  if (frame == null) {
    endScope(<usize>before);
    return;
  }
  frame.procedure = retain(procedureName(node));
  frame.saved = <usize>before;
  frame.source = retain(procedureBody(node));
  bind(procedureParameters(node), words);
}

/** Gives the arguments to the parameters. A parameter `{name value}` may be left out; a last one `args` takes all that is left. */
function bind(parameters: usize, words: u32): void {
  const count = session.wordCount - words;
  let given: u32 = 1;
  for (let at = nextElement(parameters, 0); at != 0; at = nextElement(parameters, at)) {
    const parameter = elementValue(parameters);
    if (parameter == 0) return;
    const last = nextElement(parameters, at) == 0;
    if (last && equalText(bytesOf(parameter), lengthOf(parameter), 'args')) {
      setVariable(bytesOf(parameter), lengthOf(parameter), rest(words + given));
      given = count;
    } else {
      bindOne(parameter, given < count ? wordAt(words + given).value : 0);
      given++;
    }
    release(parameter);
    if (session.failed) return;
  }
  if (given < count) {
    const word = wordAt(words + given).value;
    failText(given, bytesOf(word), lengthOf(word), 'is one argument too many');
  }
}

/** Sets the variable of one parameter to `value`, or to its default where that is 0. */
function bindOne(parameter: usize, value: usize): void {
  const parts = listLength(parameter);
  const name = listElement(parameter, 0);
  if (name == 0) return;
  if (value != 0) setVariable(bytesOf(name), lengthOf(name), retain(value));
  else if (parts == 2) setVariable(bytesOf(name), lengthOf(name), listElement(parameter, 1));
  else failText(0, bytesOf(name), lengthOf(name), 'is a parameter that needs an argument');
  release(name);
}

/** The words from `from` on as a list. */
function rest(from: u32): usize {
  let list = emptyValue(32);
  for (let i = from; i < session.wordCount && list != 0; i++) {
    const word = wordAt(i).value;
    list = appendedElement(list, bytesOf(word), lengthOf(word));
  }
  return list;
}

/** Whether `parameters` can be parameters: a list of names, or of pairs of name and value. Fails where not. */
export function checkParameters(parameters: usize): bool {
  for (let at = nextElement(parameters, 0); at != 0; at = nextElement(parameters, at)) {
    const parameter = elementValue(parameters);
    if (parameter == 0) return false;
    const parts = listLength(parameter);
    release(parameter);
    if (parts < 1 || parts > 2) {
      fail('a parameter is a name, or a pair {name value}');
      return false;
    }
  }
  return !session.failed;
}
