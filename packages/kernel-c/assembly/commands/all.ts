/** Every command of Thread/C: the language, and what looks at the machine and changes it. */
import { defineApplications } from './applications';
import { defineChannels } from './channels';
import { defineLanguage } from './index';
import { defineInspect } from './inspect';
import { defineMachine } from './machine';
import { defineMemory } from './memory';
import { defineWorkers } from './workers';

/** Fills the command table. Once, before the first session is opened. */
export function defineAll(): void {
  defineLanguage();
  defineWorkers();
  defineMemory();
  defineInspect();
  defineApplications();
  defineChannels();
  defineMachine();
}
