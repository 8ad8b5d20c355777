/** The tests of guest-suite.ts on the PC of our own. */
import { guestSuite } from './guest-suite.ts';

guestSuite('machine');
