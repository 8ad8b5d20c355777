/** The tests of loader-suite.ts on the PC of our own. */
import { loaderSuite } from './loader-suite.ts';

loaderSuite('machine');
