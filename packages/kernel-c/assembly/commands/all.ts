/** Every command of Thread/C. */
import { defineLanguage } from './index';

export function defineAll(): void {
  defineLanguage();
}
