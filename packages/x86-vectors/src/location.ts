/** Where the data lies beside the code. */

/** The file of a mode: `readFile(vectorUrl(64))` in Node, `fetch(vectorUrl(64))` in a browser. */
export function vectorUrl(mode: 16 | 32 | 64): URL {
  return new URL(`../data/${mode}.bin`, import.meta.url);
}
