/** Names and comments as both generators write them. */

/** `pageRequest` -> `PageRequest` */
export function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** `pageRequest` -> `page_request` */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `drift.control` and `pageRequest` -> `DRIFT_CONTROL_PAGE_REQUEST` */
export function macroCase(...names: string[]): string {
  return names.map((name) => snakeCase(name).replaceAll('.', '_').toUpperCase()).join('_');
}

/** A summary cannot end the comment that it stands in. */
export function commentText(summary: string): string {
  return summary.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ').trim();
}
