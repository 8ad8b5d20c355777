/**
 * Tab: what may stand at the cursor. The first word of a command is a command or a procedure, `$` begins a variable; anything
 * else is read from the command's usage: small letters are offered as they are, for capitals (`APP`) there are completers.
 */
import { newline, printBytes } from '../print';
import {
  commandAt,
  commandCount,
  commandFlags,
  commandName,
  commandUsage,
  FLAG_HEADING,
  findCommand,
} from './command-table';
import { redraw } from './display';
import { insertByte } from './line';
import { columnTo, emitRaw } from './output';
import { nextProcedure, procedureName } from './procedures';
import { isName } from './scan';
import { session } from './session';
import { placeEnd, placeStart, usagePlace } from './usage';
import { bytesOf, lengthOf } from './value';
import { firstLocal, nextVariable, variableName } from './variables';

const COMPLETER_LIMIT: u32 = 16;
/** Pairs of name (string) and function. */
const completers: usize = memory.data(128);
let completerCount: u32 = 0;

const CANDIDATE_BYTES: u32 = 64;
/** What all candidates so far have in common. */
const common: usize = memory.data(64);
let commonLength: u32 = 0;
const spelled: usize = memory.data(64);

let prefix: usize = 0;
let prefixLength: u32 = 0;
let found: u32 = 0;
let listing = false;

/** From now on `offer`, which calls `candidate` for each, says what may stand where a usage says `name`. */
export function defineCompleter(name: string, offer: () => void): void {
  if (completerCount == COMPLETER_LIMIT) return;
  const record = completers + completerCount++ * 8;
  store<usize>(record, changetype<usize>(name));
  store<u32>(record + 4, <u32>offer.index);
}

/** One thing that may stand at the cursor; it counts if it begins with what has been typed. */
export function candidate(pointer: usize, length: u32): void {
  if (length < prefixLength || length > CANDIDATE_BYTES || memory.compare(pointer, prefix, prefixLength) != 0) return;
  if (listing) {
    if (found > 0) columnTo((session.column / 16 + 1) * 16);
    if (session.column + length >= session.width) newline();
    printBytes(pointer, length);
  } else if (found == 0) {
    memory.copy(common, pointer, length);
    commonLength = length;
  } else {
    let same: u32 = 0;
    while (same < length && same < commonLength && load<u8>(common + same) == load<u8>(pointer + same)) same++;
    commonLength = same;
  }
  found++;
}

/** As `candidate`, for characters `from` to `to` of a literal. */
export function candidateText(text: string, from: i32 = 0, to: i32 = text.length): void {
  if (<u32>(to - from) > CANDIDATE_BYTES) return;
  for (let i = from; i < to; i++) store<u8>(spelled + (i - from), <u8>text.charCodeAt(i));
  candidate(spelled, to - from);
}

function offerCommands(): void {
  for (let i: u32 = 0; i < commandCount(); i++) {
    if ((commandFlags(commandAt(i)) & FLAG_HEADING) == 0) candidateText(commandName(commandAt(i)));
  }
  for (let node = session.procedures; node != 0; node = nextProcedure(node)) {
    candidate(bytesOf(procedureName(node)), lengthOf(procedureName(node)));
  }
}

function offerVariables(): void {
  for (let node = firstLocal(); node != 0; node = nextVariable(node)) {
    candidate(bytesOf(variableName(node)), lengthOf(variableName(node)));
  }
  for (let node = session.globals; node != 0; node = nextVariable(node)) {
    candidate(bytesOf(variableName(node)), lengthOf(variableName(node)));
  }
}

/** The alternatives `a|b|C` at characters `from` to `to` of a usage. */
function offerPlace(usage: string, from: i32, to: i32): void {
  for (let at = from; at < to; at++) {
    const start = at;
    while (at < to && usage.charCodeAt(at) != 0x7c) at++;
    const first = usage.charCodeAt(start);
    if (first >= 0x41 && first <= 0x5a) offerNamed(usage, start, at);
    else candidateText(usage, start, at);
  }
}

function offerNamed(usage: string, from: i32, to: i32): void {
  if (isWord(usage, from, to, 'COMMAND')) offerCommands();
  else if (isWord(usage, from, to, 'VARIABLE')) offerVariables();
  for (let i: u32 = 0; i < completerCount; i++) {
    const record = completers + i * 8;
    if (isWord(usage, from, to, changetype<string>(load<usize>(record)))) call_indirect<void>(load<u32>(record + 4));
  }
}

function isWord(usage: string, from: i32, to: i32, word: string): bool {
  if (word.length != to - from) return false;
  for (let i = 0; i < word.length; i++) {
    if (usage.charCodeAt(from + i) != word.charCodeAt(i)) return false;
  }
  return true;
}

/** Where the word at the cursor begins, where its command begins, and its place in it: 0 is the command's name. */
let wordFrom: u32 = 0;
let commandFrom: u32 = 0;
let place: u32 = 0;

/** Reads the line up to the cursor. Quotes are not looked at: inside them there is nothing to complete. */
function locate(): void {
  wordFrom = commandFrom = place = 0;
  let inWord = false;
  for (let i: u32 = 0; i < session.cursor; i++) {
    const byte = load<u8>(session.line + i);
    if (byte == 0x3b || byte == 0x5b || byte == 0x7b) {
      commandFrom = wordFrom = i + 1;
      place = 0;
      inWord = false;
    } else if (byte == 0x20 || byte == 0x09) {
      if (inWord) place++;
      else if (place == 0) commandFrom = i + 1;
      inWord = false;
      wordFrom = i + 1;
    } else inWord = true;
  }
}

function offerAll(): void {
  found = 0;
  let dollar = session.cursor;
  while (dollar > wordFrom && isName(load<u8>(session.line + dollar - 1))) dollar--;
  if (dollar > wordFrom && load<u8>(session.line + dollar - 1) == 0x24) {
    prefix = session.line + dollar;
    prefixLength = session.cursor - dollar;
    offerVariables();
    return;
  }
  prefix = session.line + wordFrom;
  prefixLength = session.cursor - wordFrom;
  if (place == 0) {
    offerCommands();
    return;
  }
  let end = commandFrom;
  while (end < session.cursor && load<u8>(session.line + end) != 0x20) end++;
  const record = findCommand(session.line + commandFrom, end - commandFrom);
  if (record != 0 && usagePlace(commandUsage(record), place)) offerPlace(commandUsage(record), placeStart, placeEnd);
}

/** Completes the word at the cursor as far as it is certain; where nothing is, lists what may stand there. */
export function complete(): void {
  locate();
  listing = false;
  offerAll();
  if (found == 0) {
    emitRaw(0x07);
    return;
  }
  const typed = prefixLength;
  if (commonLength > typed || found == 1) {
    for (let i = typed; i < commonLength; i++) insertByte(load<u8>(common + i));
    if (found == 1) insertByte(0x20);
    redraw();
    return;
  }
  newline();
  listing = true;
  offerAll();
  newline();
  redraw();
}
