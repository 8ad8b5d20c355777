/** The tests of crash-suite.ts on the PC of our own. */
import { crashSuite } from './crash-suite.ts';

crashSuite('machine');
