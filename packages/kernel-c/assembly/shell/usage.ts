/** Reads usage texts (see command-table.ts): how many arguments a command takes, and what may stand in which place. */

/** No upper limit on the number of arguments. */
export const UNLIMITED: u32 = 0xffffffff;

export let usageLeast: u32 = 0;
export let usageMost: u32 = 0;
/** The place that `usagePlace` found: characters `placeStart` to `placeEnd` of the usage. */
export let placeStart: i32 = 0;
export let placeEnd: i32 = 0;

function isDelimiter(character: i32): bool {
  return character == 0x20 || character == 0x5b || character == 0x5d;
}

/** Reads the word at `at`. @returns the index behind it. */
function wordEnd(usage: string, at: i32): i32 {
  while (at < usage.length && !isDelimiter(usage.charCodeAt(at))) at++;
  return at;
}

function isEllipsis(usage: string, from: i32, to: i32): bool {
  return to - from == 3 && usage.charCodeAt(from) == 0x2e;
}

/** Sets `usageLeast` and `usageMost` to the numbers of arguments that `usage` allows. */
export function countArguments(usage: string): void {
  usageLeast = usageMost = 0;
  let optional = 0;
  for (let at = 0; at < usage.length; ) {
    const character = usage.charCodeAt(at);
    if (isDelimiter(character)) {
      if (character == 0x5b) optional++;
      else if (character == 0x5d) optional--;
      at++;
      continue;
    }
    const end = wordEnd(usage, at);
    if (isEllipsis(usage, at, end)) usageMost = UNLIMITED;
    else if (usageMost != UNLIMITED) usageMost++;
    if (optional == 0 && !isEllipsis(usage, at, end)) usageLeast++;
    at = end;
  }
}

/**
 * Finds what `usage` says about argument `place`, counted from 1; where it ends in `...`, the last word goes for all that follow.
 * @returns false if there is no such place.
 */
export function usagePlace(usage: string, place: u32): bool {
  let seen: u32 = 0;
  for (let at = 0; at < usage.length; ) {
    if (isDelimiter(usage.charCodeAt(at))) {
      at++;
      continue;
    }
    const end = wordEnd(usage, at);
    if (isEllipsis(usage, at, end)) return seen > 0;
    placeStart = at;
    placeEnd = end;
    if (++seen == place) return true;
    at = end;
  }
  return false;
}
