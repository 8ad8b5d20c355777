/** The tests of shell-suite.ts on the PC of our own. */
import { shellSuite } from './shell-suite.ts';

shellSuite('machine');
