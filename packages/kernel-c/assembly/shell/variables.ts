/**
 * Variables: a list of nodes for the session, and one for each procedure call.
 *
 * ```
 * node: 0 u32 next    4 u32 name (value)    8 u32 value; 0 in a local node: the global of that name is meant
 * ```
 *
 * Inside a procedure `set` makes a local variable, unless `global` named it; reading finds locals first, then globals.
 */
import { allocate, BLOCK_HEADER, release } from './heap';
import { session } from './session';
import { bytesOf, equalBytes, lengthOf, valueOf } from './value';

const NEXT_AT: u32 = BLOCK_HEADER;
const NAME_AT: u32 = BLOCK_HEADER + 4;
const VALUE_AT: u32 = BLOCK_HEADER + 8;

export function nextVariable(node: usize): usize {
  return load<usize>(node + NEXT_AT);
}

export function variableName(node: usize): usize {
  return load<usize>(node + NAME_AT);
}

/** The node's value, or 0 for a name that `global` declared. */
export function variableValue(node: usize): usize {
  return load<usize>(node + VALUE_AT);
}

/** First node of the procedure's variables, or 0. */
export function firstLocal(): usize {
  return session.locals != 0 ? load<usize>(session.locals + BLOCK_HEADER) : 0;
}

function find(first: usize, name: usize, length: u32): usize {
  for (let node = first; node != 0; node = nextVariable(node)) {
    const its = variableName(node);
    if (equalBytes(bytesOf(its), lengthOf(its), name, length)) return node;
  }
  return 0;
}

/** The value of a variable, not retained; 0 if there is none. */
export function findVariable(name: usize, length: u32): usize {
  const local = find(firstLocal(), name, length);
  if (local != 0 && variableValue(local) != 0) return variableValue(local);
  const global = find(session.globals, name, length);
  return global != 0 ? variableValue(global) : 0;
}

/** A node in front of `first`; `value` is passed on. @returns the node, or 0 after `fail`. */
function prepend(first: usize, name: usize, length: u32, value: usize): usize {
  const copy = valueOf(name, length);
  const node = copy != 0 ? allocate(12) : 0;
  if (node == 0) {
    release(copy);
    release(value);
    return 0;
  }
  store<usize>(node + NEXT_AT, first);
  store<usize>(node + NAME_AT, copy);
  store<usize>(node + VALUE_AT, value);
  return node;
}

function replace(node: usize, value: usize): void {
  release(variableValue(node));
  store<usize>(node + VALUE_AT, value);
}

/** Sets a variable; the reference to `value` is passed on. Does nothing where `value` is 0: making it has failed. */
export function setVariable(name: usize, length: u32, value: usize): void {
  if (value == 0) return;
  const local = find(firstLocal(), name, length);
  if (local != 0 && variableValue(local) != 0) {
    replace(local, value);
  } else if (session.locals != 0 && local == 0) {
    const node = prepend(firstLocal(), name, length, value);
    if (node != 0) store<usize>(session.locals + BLOCK_HEADER, node);
  } else {
    const global = find(session.globals, name, length);
    if (global != 0) {
      replace(global, value);
    } else {
      const node = prepend(session.globals, name, length, value);
      if (node != 0) session.globals = node;
    }
  }
}

/** From here on `name` means the global variable in this procedure. Outside of procedures it does anyway. */
export function declareGlobal(name: usize, length: u32): void {
  if (session.locals == 0) return;
  const local = find(firstLocal(), name, length);
  if (local != 0) {
    replace(local, 0);
  } else {
    const node = prepend(firstLocal(), name, length, 0);
    if (node != 0) store<usize>(session.locals + BLOCK_HEADER, node);
  }
}

function drop(node: usize): void {
  release(variableName(node));
  release(variableValue(node));
  release(node);
}

/** Removes a variable. @returns false if there is none of that name. */
export function unsetVariable(name: usize, length: u32): bool {
  const local = find(firstLocal(), name, length);
  const isLocal = local != 0 && variableValue(local) != 0;
  const target = isLocal ? local : find(session.globals, name, length);
  if (target == 0) return false;
  let before: usize = 0;
  for (let node = isLocal ? firstLocal() : session.globals; node != target; node = nextVariable(node)) before = node;
  if (before != 0) store<usize>(before + NEXT_AT, nextVariable(target));
  else if (isLocal) store<usize>(session.locals + BLOCK_HEADER, nextVariable(target));
  else session.globals = nextVariable(target);
  drop(target);
  return true;
}

/** Begins the local variables of a procedure call. @returns the scope that was in force, or -1 after `fail`. */
export function beginScope(): isize {
  const before = session.locals;
  const scope = allocate(4);
  if (scope == 0) return -1;
  store<usize>(scope + BLOCK_HEADER, 0);
  session.locals = scope;
  return <isize>before;
}

/** Ends them; `before` is what `beginScope` returned. */
export function endScope(before: usize): void {
  for (let node = firstLocal(); node != 0; ) {
    const next = nextVariable(node);
    drop(node);
    node = next;
  }
  release(session.locals);
  session.locals = before;
}
