/** The compiler as the thread of a core sees it: requests go to the host's thread, and answers come in its time. */
import type { CodeSource, CompiledModule, CompileEnvironment, RegionCompiler } from '@drift-os/x86-core';
import type { FromCore } from './messages.ts';

type Done = (compiled: CompiledModule | undefined) => void;

export class RemoteCompiler implements RegionCompiler {
  readonly #post: (message: FromCore) => void;
  #done: Done | undefined;

  constructor(post: (message: FromCore) => void) {
    this.#post = post;
  }

  /** One request at a time. */
  compile(sources: readonly CodeSource[], environment: CompileEnvironment, done: Done): void {
    this.#done = done;
    this.#post({ kind: 'compile', sources, environment });
  }

  receive(compiled: CompiledModule | undefined): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(compiled);
  }
}
