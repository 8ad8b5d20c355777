/** All commands, in the order in which help shows them. */
import { defineControl } from './control';
import { defineHelp } from './help';
import { defineLists } from './lists';
import { defineVariables } from './variables';

/** The language, which needs nothing of the machine it runs on. */
export function defineLanguage(): void {
  defineHelp();
  defineVariables();
  defineControl();
  defineLists();
}
