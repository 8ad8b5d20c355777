export { AssemblyScriptError, type Compiled, type CompileOptions, compileAssemblyScript } from './compile.ts';
