/** The tests of entry-suite.ts on the PC of our own. */
import { entrySuite } from './entry-suite.ts';

entrySuite('machine');
