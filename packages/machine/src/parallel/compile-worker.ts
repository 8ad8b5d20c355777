/** The thread that compiles: answers each request in its turn. An entry of its own, that nothing imports. */
import { type CodeSource, compileSources } from '@drift-os/x86-core';
import type { CompileAnswer, ToCompiler } from './compile-thread.ts';
import { starter } from './starter.ts';

const host = starter();
const answer = (message: CompileAnswer): void => host.post(message);

/** Modes by their keys: what is found out about a mode is kept by the object, and messages bring new ones. */
const modes = new Map<string, CodeSource['mode']>();

function withKnownMode(source: CodeSource): CodeSource {
  const { key } = source.mode;
  const known = modes.get(key);
  if (known === undefined) modes.set(key, source.mode);
  return { ...source, mode: known ?? source.mode };
}

host.onMessage((message) => {
  const request = message as ToCompiler;
  if (request.kind === 'leave') {
    host.close();
    return;
  }
  const { sources, environment } = request;
  try {
    answer({ kind: 'compiled', compiled: compileSources(sources.map(withKnownMode), environment) });
  } catch (error) {
    answer({ kind: 'failed', error });
  }
});
answer({ kind: 'ready' });
