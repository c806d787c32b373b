/**
 * Caches of objects of one kind. Linux: include/linux/slab.h, mm/slub.c.
 *
 * Differs from Linux: memory is JavaScript's, and no allocation fails. A cache only counts what is
 * alive, as /proc/slabinfo shows it, so that a leak or a second free is noticed.
 */
import { KernelBug } from './bug.ts';

export class kmem_cache {
  readonly name: string;
  readonly object_size: number;

  // Ours: objects that were allocated and not freed.
  active = 0;

  constructor(name: string, object_size: number) {
    this.name = name;
    this.object_size = object_size;
  }
}

export const kmem_cache_create = (name: string, object_size: number): kmem_cache =>
  new kmem_cache(name, object_size);

/** Counts an object that was just made as one of the cache's. */
export function kmem_cache_alloc<T extends object>(cache: kmem_cache, object: T): T {
  cache.active++;
  return object;
}

/** Gives an object back. The caller must not touch it again. */
export function kmem_cache_free(cache: kmem_cache): void {
  if (cache.active === 0) throw new KernelBug('slab', `${cache.name}: more frees than allocations`);
  cache.active--;
}
