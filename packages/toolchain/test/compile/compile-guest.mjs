// Plain JavaScript with declarations beside it: those of the AssemblyScript compiler would bring its own Array, Map and console.
export { compileAssemblyScript } from '@drift-os/asc';
