/** A clock that all threads of the process, or of the page, read alike. */

interface NodeProcess {
  readonly hrtime?: { bigint?: () => bigint };
}

const { process } = globalThis as { readonly process?: NodeProcess };
const hrtime = process?.hrtime?.bigint;

/** Nanoseconds since some moment; never goes back. */
export const nowOfHost: () => bigint =
  hrtime === undefined
    ? // The time origins of a page and its workers are moments of one clock (High Resolution Time 4).
      () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n
    : () => hrtime();
