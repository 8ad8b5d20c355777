/** The thread that compiles: answers each request in its turn. An entry of its own, that nothing imports. */
import { compileSources } from '@drift-os/x86-core';
import { KnownModes } from './known-modes.ts';
import type { CompileAnswer, ToCompiler } from './compile-thread.ts';
import { starter } from './starter.ts';

const host = starter();
const answer = (message: CompileAnswer): void => host.post(message);

const modes = new KnownModes();

host.onMessage((message) => {
  const request = message as ToCompiler;
  if (request.kind === 'leave') {
    host.close();
    return;
  }
  const { sources, environment } = request;
  try {
    answer({
      kind: 'compiled',
      compiled: compileSources(
        sources.map((source) => modes.withKnownMode(source)),
        environment,
      ),
    });
  } catch (error) {
    answer({ kind: 'failed', error });
  }
});
answer({ kind: 'ready' });
